// use-intl, because next-intl resolves to its server entry here, which would ask Next.js for the request's language.
import { createTranslator } from 'use-intl/core'
import { describe, expect, it, test } from 'vitest'
import { diskReasons } from '@/lib/disks/reasons'
import { eventActions } from '@/lib/events/rules'
import { failureCodes, imageStates } from '@/lib/images/rules'
import { instanceStates, instanceTasks, reasonCodes } from '@/lib/instances/rules'
import type { InputProblem, RecipientRefusalCode, RefusalCode } from '@/lib/result'
import en from './en.json'
import { type Locale, locales } from './locales'
import zh from './zh.json'

type Tree = { [key: string]: string | Tree }

const flat: Record<Locale, Map<string, string>> = { en: new Map(flatten(en)), zh: new Map(flatten(zh)) }
const keys = [...flat.en.keys()]

function flatten(tree: Tree, prefix = ''): [key: string, message: string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flatten(value, `${prefix}${key}.`),
  )
}

type Placeholder = { name: string; kind: string; branches: string[] }

/** Every `{name}`, `{name, kind}` and `{name, kind, branch {…} …}` of an ICU message, in branches too. */
function placeholders(message: string): Placeholder[] {
  const found: Placeholder[] = []
  for (let at = message.indexOf('{'); at >= 0; ) {
    const end = closing(message, at)
    const inside = message.slice(at + 1, end)
    const [, name = '', kind = 'plain', rest = ''] = /^\s*(\w+)\s*(?:,\s*(\w+)\s*(?:,(.*))?)?$/s.exec(inside) ?? []
    const branches: string[] = []
    for (let open = rest.indexOf('{'); open >= 0; ) {
      const close = closing(rest, open)
      branches.push(rest.slice(0, open).split('}').at(-1)?.trim() ?? '')
      found.push(...placeholders(rest.slice(open + 1, close)))
      open = rest.indexOf('{', close)
    }
    found.push({ name, kind, branches })
    at = message.indexOf('{', end)
  }
  return found
}

function closing(text: string, open: number): number {
  for (let at = open, depth = 0; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  throw new Error(`A brace is not closed: ${text}`)
}

/** What a translation must keep: the values of a message and their kinds. Not every language has plurals. */
function taken(message = ''): string[] {
  const kindOf = (kind: string) => (kind === 'plural' ? 'number' : kind)
  return [...new Set(placeholders(message).map(({ name, kind }) => `${name} ${kindOf(kind)}`))].sort()
}

/** Sets of values that select every branch of a message. */
function everyBranch(message: string): Record<string, string | number>[] {
  const all = placeholders(message)
  const values = Object.fromEntries(all.map(({ name, kind }) => [name, kind === 'plain' ? `<${name}>` : 7]))
  const choices = all.filter(({ branches }) => branches.length > 0)
  const taking = choices.flatMap(({ name, kind, branches }) =>
    branches.map((branch) => ({ ...values, [name]: kind === 'select' ? branch : countFor(branch) })),
  )
  return taking.length > 0 ? taking : [values]
}

function countFor(branch: string): number {
  return branch.startsWith('=') ? Number(branch.slice(1)) : branch === 'one' ? 1 : 7
}

// A code without an entry here does not compile; one without a sentence fails above.
const refusals = {
  SIGNED_OUT: true,
  OTHER_ACCOUNT: true,
  NEW_BUILD: true,
  OFFLINE: true,
  READ_ONLY: true,
  INVALID_INPUT: true,
  NOT_PERMITTED: true,
  BUSY: true,
  IMAGE_NOT_FOUND: true,
  RESHARE_FORBIDDEN: true,
  IMAGE_NOT_AVAILABLE: true,
  REGION_MISMATCH: true,
  IMAGE_RECIPIENTS_FULL: true,
  DAILY_SHARES_USED_UP: true,
  LOOKUPS_USED_UP: true,
  RECIPIENT_NOT_FOUND: true,
  RECIPIENT_IS_YOU: true,
  ALREADY_SHARED: true,
  RECIPIENT_QUOTA_FULL: true,
  SHARE_NOT_FOUND: true,
  SELECTED_REFUSED: true,
  SHARES_ENDED: true,
  SHARE_NOT_PENDING: true,
  SHARE_END_PAST: true,
  SHARE_END_TOO_LATE: true,
  IMAGE_QUOTA_FULL: true,
  IMAGE_IS_SHARED: true,
  IMAGE_BUSY: true,
  IMAGE_PROTECTED: true,
  IMAGE_RETIRED: true,
  REPLACEMENT_NOT_FOUND: true,
  IMAGE_NAME_MISMATCH: true,
  MIN_DISK_BELOW_SIZE: true,
  DISK_REFUSED: true,
  STORE_FULL: true,
  STORE_UNREACHABLE: true,
  STORE_REFUSED: true,
  CHECKSUM_MISMATCH: true,
  COPY_SOURCE_GONE: true,
  COPY_SOURCE_DAMAGED: true,
  IMAGE_TOO_LARGE: true,
  PASSWORD_WRONG: true,
  PASSWORD_TRIES_USED_UP: true,
  ACCOUNT_NOT_FOUND: true,
  USERNAME_TAKEN: true,
  SUB_ACCOUNTS_FULL: true,
  REGION_NOT_FOUND: true,
  REGION_EXISTS: true,
  INSTANCE_TYPE_NOT_FOUND: true,
  INSTANCE_TYPE_EXISTS: true,
  LEDGER_LINE_NOT_FOUND: true,
  QUOTA_BELOW_USE: true,
  BYTES_QUOTA_FULL: true,
  INSTANCE_QUOTA_FULL: true,
  SNAPSHOT_QUOTA_FULL: true,
  BYTES_QUOTA_BELOW_USE: true,
  INSTANCE_NOT_FOUND: true,
  INSTANCE_BUSY: true,
  VIEWS_FULL: true,
  INSTANCE_PROTECTED: true,
  INSTANCE_NAME_MISMATCH: true,
  REBUILD_IMAGE_GONE: true,
  HOST_UNAVAILABLE: true,
  HOST_FULL: true,
  EMULATION_NOT_ALLOWED: true,
  BOOT_MODE_UNSUPPORTED: true,
  TYPE_NOT_FOUND: true,
  TYPE_TOO_SMALL: true,
  DISK_TOO_SMALL: true,
  SNAPSHOT_NOT_FOUND: true,
  SNAPSHOT_NOT_AVAILABLE: true,
  SNAPSHOT_IN_PROGRESS: true,
  DISK_HAS_SECRETS: true,
  DISK_UNCHECKED: true,
  SHARE_NEEDS_REASON: true,
  FINDING_NOT_FOUND: true,
  CHECKS_OFF: true,
  CHECKS_FULL: true,
  CLEAN_REFUSED: true,
  GROUP_NOT_FOUND: true,
  IMAGE_TAGS_FULL: true,
  GROUP_NAME_TAKEN: true,
  GROUPS_FULL: true,
  DELIVERY_NOT_FOUND: true,
  DELIVERY_IN_PROGRESS: true,
} satisfies Record<RefusalCode, true>

const recipientRefusals = {
  RECIPIENT_NOT_FOUND: true,
  RECIPIENT_IS_YOU: true,
  ALREADY_SHARED: true,
  RECIPIENT_QUOTA_FULL: true,
} satisfies Record<RecipientRefusalCode, true>

const problems = {
  required: true,
  'too-short': true,
  'too-long': true,
  'too-many': true,
  characters: true,
  format: true,
  number: true,
  'too-large': true,
  'no-key': true,
  'key-twice': true,
  'tag-characters': true,
  'own-username': true,
  'no-tls': true,
  'same-region': true,
  invalid: true,
} satisfies Record<InputProblem, true>

test('both languages have the same messages', () => {
  expect([...flat.zh.keys()]).toEqual(keys)
})

test('every message takes the same values in both languages', () => {
  const different = keys.filter((key) => taken(flat.zh.get(key)).join() !== taken(flat.en.get(key)).join())
  expect(different).toEqual([])
})

describe.each(locales)('%s', (locale) => {
  it('has no empty message', () => {
    expect([...flat[locale]].filter(([, message]) => message.trim() === '')).toEqual([])
  })

  it('formats every message in every branch', () => {
    const broken: string[] = []
    const onError = (error: Error) => broken.push(error.message)
    for (const [key, message] of flat[locale]) {
      const translate = createTranslator({ locale, messages: { message }, timeZone: 'UTC', onError })
      for (const values of everyBranch(message)) {
        const shown = translate('message', values)
        if (/[{}]/.test(shown)) broken.push(`${key}: ${shown}`)
      }
    }
    expect(broken).toEqual([])
  })

  it.each(diskReasons)('says why a disk is refused: %s', (reason) => {
    expect(flat[locale].get(`disks.${reason}`)).toBeTruthy()
  })

  it.each(Object.keys(refusals))('says what to do after %s', (code) => {
    expect(flat[locale].get(`refusals.${code}`)).toBeTruthy()
  })

  it.each(Object.keys(recipientRefusals))('says what is wrong with a username: %s', (code) => {
    expect(flat[locale].get(`recipientRefusals.${code}`)).toBeTruthy()
  })

  it.each(Object.keys(problems))('says what is wrong with a field: %s', (problem) => {
    expect(flat[locale].get(`problems.${problem}`)).toBeTruthy()
  })

  it.each(imageStates)('has a word for the state %s', (state) => {
    expect(flat[locale].get(`states.${state}`)).toBeTruthy()
  })

  it.each(instanceStates)('has a word for the instance state %s', (state) => {
    expect(flat[locale].get(`instanceStates.${state}`)).toBeTruthy()
  })

  it.each(instanceTasks)('has a word for the task %s', (task) => {
    expect(flat[locale].get(`instanceTasks.${task}`)).toBeTruthy()
  })

  it.each(reasonCodes)('says why an instance failed or waits: %s', (code) => {
    expect(flat[locale].get(`instanceReasons.${code}`)).toBeTruthy()
  })

  it.each(eventActions.filter((action) => /^(image|share)\./.test(action)))(
    'has a sentence for the event %s',
    (action) => {
      expect(flat[locale].get(`events.${action}`)).toBeTruthy()
    },
  )
})

test('every failure of an image has a sentence of its own', () => {
  // The sentences of these two come from the disk's own reason and from the refusal of the same name.
  const elsewhere = ['DISK_REFUSED', 'IMAGE_TOO_LARGE', 'CLEAN_REFUSED']
  const own = failureCodes.filter((code) => !elsewhere.includes(code))
  for (const { failures } of [en, zh]) expect(Object.keys(failures)).toEqual(expect.arrayContaining(own))
})
