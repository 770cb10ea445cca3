'use client'

import { useFormatter, useLocale, useMessages, useTranslations } from 'next-intl'
import { sizesOf } from '@/lib/format'
import { imageStates } from '@/lib/images/rules'
import type { Fault, Refusal } from '@/lib/result'
import { useRegionName } from './current-region'

/** The sentence of a refusal or a fault, in the visitor's language. A code without a sentence does not compile. */
export function useRefusalText(): (refusal: Refusal | Fault) => string {
  const t = useTranslations()
  const format = useFormatter()
  const locale = useLocale()
  const messages = useMessages()
  const regionName = useRegionName()
  return function text(refusal): string {
    if (refusal.code === 'FAULT') {
      if (refusal.isUnclear && refusal.reference) return t('refusals.FAULT_UNCLEAR', { reference: refusal.reference })
      return refusal.reference ? t('refusals.FAULT_REFERENCE', { reference: refusal.reference }) : t('refusals.FAULT')
    }
    if ('recipients' in refusal && typeof refusal.recipients !== 'number') {
      return t('shareSummary', { count: refusal.recipients.length })
    }
    if (refusal.code === 'INVALID_INPUT') return t(`problems.${refusal.problem}`)
    const facts: Record<string, string | number> = {}
    for (const [name, value] of Object.entries(refusal)) {
      if (typeof value === 'string' || typeof value === 'number') facts[name] = value
    }
    if (refusal.code === 'NOT_PERMITTED') {
      facts.policy = refusal.policy === null ? 'none' : t(`policies.${refusal.policy}`)
      facts.region = refusal.region === null ? 'none' : regionName(refusal.region)
    } else if ('region' in refusal) facts.region = regionName(refusal.region)
    if ('imageRegion' in refusal) facts.imageRegion = regionName(refusal.imageRegion)
    Object.assign(facts, sizesOf(refusal, locale))
    const state = 'state' in refusal ? imageStates.find((known) => known === refusal.state) : undefined
    if (state) facts.state = t(`states.${state}`)
    if (refusal.code === 'INSTANCE_BUSY') facts.instanceState = instanceWord(refusal, messages)
    if (refusal.code === 'SELECTED_REFUSED') facts.why = text(refusal.why)
    if (refusal.code === 'HOST_UNAVAILABLE') facts.problem = refusal.problem ?? 'none'
    if (refusal.code === 'IMAGE_RETIRED')
      facts.lastDay = format.dateTime(new Date(Date.parse(refusal.retiredAt) - 1), { dateStyle: 'long' })
    if ('resetsAt' in refusal)
      // To the second: one submit is allowed each minute.
      facts.resetsAt = format.dateTime(new Date(refusal.resetsAt), {
        dateStyle: 'medium',
        timeStyle: refusal.code === 'LOOKUPS_USED_UP' ? 'medium' : 'short',
      })
    return t(`refusals.${refusal.code}`, facts)
  }
}

/**
 * The name of an instance's task or state. Looked up by string, because importing the rules of instances would load them
 * on every page with a form.
 */
function instanceWord(
  { state, task }: { state: string; task: string | null },
  { instanceStates, instanceTasks }: ReturnType<typeof useMessages>,
): string {
  const words: Record<string, string> = task === null ? instanceStates : instanceTasks
  return words[task ?? state] ?? state
}

const fieldsOf: Partial<Record<Refusal['code'], string>> = {
  SHARE_NEEDS_REASON: 'reason',
  SHARE_END_PAST: 'untilDate',
  SHARE_END_TOO_LATE: 'until',
  PASSWORD_WRONG: 'currentPassword',
  USERNAME_TAKEN: 'login',
  GROUP_NAME_TAKEN: 'name',
  REPLACEMENT_NOT_FOUND: 'replacementId',
  IMAGE_TAGS_FULL: 'tags',
  MIN_DISK_BELOW_SIZE: 'minDiskGib',
  TYPE_TOO_SMALL: 'typeId',
  TYPE_NOT_FOUND: 'typeId',
  DISK_TOO_SMALL: 'diskGib',
  IMAGE_NAME_MISMATCH: 'typedName',
  INSTANCE_NAME_MISMATCH: 'typedName',
}

/** The field that a refusal is about, if any. */
export function fieldOfRefusal(refusal: Refusal | Fault): string | undefined {
  if (refusal.code === 'FAULT') return undefined
  if (refusal.code === 'SELECTED_REFUSED') return fieldOfRefusal(refusal.why)
  return refusal.code === 'INVALID_INPUT' ? refusal.field : fieldsOf[refusal.code]
}

/** Returns the sentence for a field if the refusal is about it. */
export function useFieldError(refusal: Refusal | Fault | null): (field: string) => string | undefined {
  const t = useTranslations('problems')
  const text = useRefusalText()
  return (field) => {
    if (refusal?.code === 'INVALID_INPUT') {
      const wrong = [refusal, ...(refusal.also ?? [])].find((other) => other.field === field)
      return wrong && t(wrong.problem)
    }
    return refusal && fieldOfRefusal(refusal) === field ? text(refusal) : undefined
  }
}
