'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { usernameProblem } from '@/lib/accounts/rules'
import type { RefusedRecipient } from '@/lib/result'
import { recipientQuery } from '@/lib/shares/queries'

/** One entry of the recipients' field and what the page knows of it without a look-up. */
export type Entry = { username: string; refusal: RefusedRecipient['code'] | undefined; isShared: boolean }

/** What is known of an entry: a kind that has a picture and a word of its own, and the sentence. */
export type RecipientState = {
  kind: 'found' | 'looking' | 'unchecked' | 'limited' | 'shared' | 'refused'
  word: string
  sentence: string
}

/**
 * The state of one entry: what the server refused it for, that the image is shared with it already, what makes it no
 * username, else what the look-up says. Only what can be a username is looked up.
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
  // What cannot be a username is "not found" for the server; here it can be said better.
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
      // When they work again is said once, for all of them.
      return state('limited', t('share.words.unchecked'), '')
    case 'you':
      return state('refused', t('share.words.RECIPIENT_IS_YOU'), named(t('share.you')))
    case 'unknown':
      return state('refused', t('share.words.RECIPIENT_NOT_FOUND'), named(t('share.unknown')))
  }
}
