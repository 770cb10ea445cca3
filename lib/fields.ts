import { z } from 'zod'
import {
  accountIdPattern,
  groupIdPattern,
  imageIdPattern,
  instanceIdPattern,
  regionIdPattern,
  shareIdPattern,
  snapshotIdPattern,
} from '@/lib/id-patterns'
import { defaultPageSize, pageSizes } from '@/lib/pages'
import type { InputProblem, Refusal } from '@/lib/result'

// The building blocks of every noun's schema.ts. A message is the code of a problem; its sentence is in lib/messages.

const problem = (code: InputProblem) => code

/** One line of text. Its length is checked before anything else reads it. */
export function text(max: number) {
  return z.string(problem('invalid')).max(max, problem('too-long'))
}

/** Required text, folded by `fold` and then checked by `isValid`. */
export function requiredText(max: number, fold: (typed: string) => string, isValid: (folded: string) => boolean) {
  return text(4 * max)
    .transform(fold)
    .pipe(z.string().min(1, problem('required')).max(max, problem('too-long')).refine(isValid, problem('characters')))
}

// Control and format characters (among them right-to-left marks) can make a text look like another.
const hiddenCharacters = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u

/** Free text: visible characters and line breaks. */
export function freeText(max: number) {
  return text(4 * max)
    .transform((typed) => typed.normalize('NFC').replace(/\r\n?/g, '\n').trim())
    .pipe(
      z
        .string()
        .max(max, problem('too-long'))
        .refine((value) => !hiddenCharacters.test(value.replaceAll('\n', '')), problem('characters')),
    )
}

/** A whole number of at least 1, as form text or as a number; an empty field is null. */
export function amount(max: number) {
  const digits = z
    .string(problem('number'))
    .trim()
    .regex(/^\d{0,15}$/, problem('number'))
    .transform((typed) => (typed === '' ? null : Number(typed)))
  return z
    .union([z.number().nullable(), digits], problem('number'))
    .pipe(z.number().int(problem('number')).min(1, problem('number')).max(max, problem('too-large')).nullable())
}

/** One of a few words; an empty field is null. */
export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  const none = z.literal('').transform(() => null)
  return z.union([z.enum(words).nullable(), none], problem('invalid'))
}

export const imageId = z.string(problem('invalid')).regex(imageIdPattern, problem('invalid'))
export const instanceId = z.string(problem('invalid')).regex(instanceIdPattern, problem('invalid'))
export const snapshotId = z.string(problem('invalid')).regex(snapshotIdPattern, problem('invalid'))
export const shareId = z.string(problem('invalid')).regex(shareIdPattern, problem('invalid'))
export const accountId = z.string(problem('invalid')).regex(accountIdPattern, problem('invalid'))
export const groupId = z.string(problem('invalid')).regex(groupIdPattern, problem('invalid'))
export const regionId = z.string(problem('invalid')).regex(regionIdPattern, problem('invalid'))

/** A boolean, also as a form without scripts sends it. */
export const flag = z.union(
  [z.boolean(), z.enum(['yes', 'no']).transform((said) => said === 'yes')],
  problem('invalid'),
)

/** The page size of a list from its URL. */
export const pageSize = z.coerce.number().pipe(z.literal(pageSizes)).catch(defaultPageSize)

/** The search or filter text of a list. Text with characters that no name has matches nothing. */
export function searchText(max: number) {
  return z
    .string()
    .max(max)
    .refine((typed) => !hiddenCharacters.test(typed))
    .transform((typed) => typed.normalize('NFC').trim())
}

/** A list's position from its URL. An invalid one falls back to the first page: a bad URL shows the default list. */
export const cursor = z.string().max(1024).optional().catch(undefined)

/** Shows a history's events before this one; undefined: from the newest on. */
export const eventBefore = z
  .string()
  .regex(/^\d{1,18}$/)
  .optional()
  .catch(undefined)

const problems: readonly string[] = [
  'required',
  'too-short',
  'too-long',
  'too-many',
  'characters',
  'format',
  'number',
  'too-large',
  'no-key',
  'key-twice',
  'tag-characters',
  'own-username',
] satisfies InputProblem[]

function isProblem(message: string): message is InputProblem {
  return problems.includes(message)
}

/** The refusal for invalid input: every wrong field with its problem. The first one gets the focus. */
export function toRefusal(error: z.ZodError): Refusal {
  const wrong = new Map<string, InputProblem>()
  for (const { path, message } of error.issues) {
    const field = String(path.find((part) => typeof part === 'string') ?? '')
    if (!wrong.has(field)) wrong.set(field, isProblem(message) ? message : 'invalid')
  }
  const [first = { field: '', problem: 'invalid' as const }, ...also] = [...wrong].map(([field, problem]) => ({
    field,
    problem,
  }))
  return { code: 'INVALID_INPUT', ...first, ...(also.length > 0 ? { also } : {}) }
}
