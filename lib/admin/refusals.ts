import { createTranslator } from 'use-intl/core'
import type { z } from 'zod'
import { diskReasons } from '@/lib/disks/reasons'
import { toRefusal } from '@/lib/fields'
import { sizesOf } from '@/lib/format'
import en from '@/lib/messages/en.json'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'

// The operator's sentences: those of the console in English, and some for what only the operator types.

const t = createTranslator({ locale: 'en', messages: en })

const forms: Record<string, string> = {
  type: 'An id has lower-case letters and digits with single . or - between them, 32 at most, as ecs.t1.micro.',
  amount: 'An amount has no more decimals than its currency.',
  username: 'A username begins with a letter and has letters, digits and single . - _ between them, 32 at most.',
  password: 'A password has 10 to 128 characters.',
  id: 'Two letters, a hyphen, then 2 to 29 lower-case letters, digits or hyphens, as in cn-shanghai, and not the first part of a URL of the console.',
}

export function sentenceOf(refusal: Refusal): string {
  if (refusal.code === 'INVALID_INPUT') {
    const form = forms[refusal.field]
    const problem = t(`problems.${refusal.problem}`)
    const isAboutForm = refusal.problem === 'characters' || refusal.problem === 'format'
    return `${refusal.field}: ${isAboutForm && form ? form : [problem, form].filter(Boolean).join(' ')}`
  }
  if (refusal.code === 'DISK_REFUSED') {
    const reason = diskReasons.find((known) => known === refusal.reason)
    return reason ? t(`disks.${reason}`, refusal.facts) : t('refusals.DISK_REFUSED', { reason: refusal.reason })
  }
  const facts: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(refusal)) {
    if (typeof value === 'string' || typeof value === 'number') facts[name] = value
  }
  if (refusal.code === 'SELECTED_REFUSED') facts.why = sentenceOf(refusal.why)
  return t(`refusals.${refusal.code}`, { ...facts, ...sizesOf(refusal, 'en') })
}

export function parseInput<S extends z.ZodType>(schema: S, typed: z.input<S>): Result<z.output<S>> {
  const parsed = schema.safeParse(typed)
  return parsed.success ? ok(parsed.data) : refuse(toRefusal(parsed.error))
}
