'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { usernameProblem } from '@/lib/accounts/rules'
import type { RefusedRecipient } from '@/lib/result'
import { recipientQuery } from '@/lib/shares/queries'

/** An entry of the recipients' field, with what is known without a look-up. */
export type Entry = { username: string; refusal: RefusedRecipient['code'] | undefined; isShared: boolean }

/** The state of an entry: a kind with its own icon and word, and a sentence. */
export type RecipientState = {
  kind: 'found' | 'looking' | 'unchecked' | 'limited' | 'shared' | 'refused'
  word: string
  sentence: string
}

/**
 * The state of an entry: refused by the server, already shared, not a username, else the result of the look-up. Only
 * words that can be usernames are looked up.
 */
export function useRecipientState({ username, refusal, isShared }: Entry): RecipientState {
  const t = useTranslations()
  const problem = usernameProblem(username)
  const { data, isFetching } = useQuery({
    ...recipientQuery(username),
    enabled: problem === null && !isShared && !refusal,
  })
  const named = (text: string) => t('share.named', { username, text })
  const state = (kind: RecipientState['kind'], word: string, sentence: string) => ({ kind, word, sentence })
  // The server calls a word that cannot be a username "not found"; the page can be more precise.
  if (problem) {
    return state('refused', t('share.words.noUsername'), named(t(`usernameProblems.${problem.code}`, { ...problem })))
  }
  if (refusal) return state('refused', t(`share.words.${refusal}`), named(t(`recipientRefusals.${refusal}`)))
  if (isShared) return state('shared', t('share.words.ALREADY_SHARED'), named(t('share.already')))
  if (isFetching) return state('looking', t('share.words.looking'), t('share.looking', { username }))
  if (!data) return state('unchecked', t('share.words.unchecked'), '')
  switch (data.status) {
    case 'found':
      return state('found', t('share.words.found'), t('share.found', { username, displayName: data.displayName }))
    case 'limited':
      // The time at which look-ups work again is shown once, for all entries.
      return state('limited', t('share.words.unchecked'), '')
    case 'you':
      return state('refused', t('share.words.RECIPIENT_IS_YOU'), named(t('share.you')))
    case 'unknown':
      return state('refused', t('share.words.RECIPIENT_NOT_FOUND'), named(t('share.unknown')))
  }
}
