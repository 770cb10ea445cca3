import { type EventAction, eventActions } from '@/lib/events/rules'
import type { Refusal } from '@/lib/result'

// The audit trail (rule 31).

/**
 * The fields of an entry in the order in which they are hashed. An entry's hash is the SHA-256, in hex, of the previous hash and
 * these values as JSON.stringify writes an array of strings and nulls. The trigger `extend_audit_chains` computes the same,
 * and so does the script in an export.
 */
export const entryFields = [
  'accountId',
  'seq',
  'eventId',
  'at',
  'action',
  'actorId',
  'actorName',
  'address',
  'ownerName',
  'regionId',
  'imageId',
  'imageName',
  'shareId',
  'recipientName',
  'instanceId',
  'instanceName',
  'snapshotId',
  'snapshotName',
  'details',
] as const
export type EntryField = (typeof entryFields)[number]

/** An entry as texts: `at` in ISO 8601 with milliseconds, `details` a JSON object. */
export type EntryTexts = Record<EntryField, string | null>

/** The text that is hashed after the previous entry's hash. */
export function entryContent(entry: EntryTexts): string {
  return JSON.stringify(entryFields.map((field) => entry[field]))
}

/** The text whose hash precedes the first entry of a chain, so that no chain can pass for another account's. */
export function chainOrigin(accountId: string): string {
  return `open-ecs-console audit ${accountId}`
}

/** A chain up to one of its entries. */
export type ChainPoint = { accountId: string; seq: string; hash: string }

/** The text of a checkpoint that is signed. */
export function checkpointText({ accountId, seq, hash }: ChainPoint, at: string): string {
  return JSON.stringify(['open-ecs-console audit checkpoint', accountId, seq, hash, at])
}

const hourMs = 60 * 60 * 1000

/** How often a checkpoint of each grown chain is made. */
export const checkpointEveryMs = hourMs

/**
 * The faults of a chain. Of an entry: `changed`; `inserted`, if it has no event; `moved`, if it equals its event but not its
 * hash; `removed`. `head`: the row for the newest entry names another one. Of the event behind an entry: `event-changed`,
 * `event-removed`; `event-unchained` has no entry. Of checkpoints: `rewritten`, if the chain is consistent but differs from what
 * was signed; `signature`, if that is wrong.
 */
export const auditFaultKinds = [
  'changed',
  'inserted',
  'moved',
  'removed',
  'head',
  'event-changed',
  'event-removed',
  'event-unchained',
  'rewritten',
  'signature',
] as const
export type AuditFaultKind = (typeof auditFaultKinds)[number]

/** The first fault of a chain. `seq` names the entry, `eventId` its event, `signedAt` a checkpoint. */
export type AuditFault = {
  kind: AuditFaultKind
  seq: string | null
  eventId: string | null
  signedAt: string | null
}

/** The event behind an entry: equal, different, or gone. */
export type EventBehind = 'same' | 'differs' | 'gone'

/** The fault of an entry whose hash does not match its content. */
export function faultOfContent(behind: EventBehind): 'changed' | 'inserted' | 'moved' {
  return behind === 'same' ? 'moved' : behind === 'gone' ? 'inserted' : 'changed'
}

/** The key of a fault's sentence in the messages (`audit.faults`). */
export function faultMessage({ kind, signedAt }: AuditFault): AuditFaultKind | 'removedSigned' {
  return kind === 'removed' && signedAt !== null ? 'removedSigned' : kind
}

/** The first parts of the actions, which group the filter. */
export const actionGroups = [
  'share',
  'image',
  'finding',
  'group',
  'instance',
  'snapshot',
  'account',
  'session',
  'operation',
  'quota',
  'ledger',
  'region',
  'type',
] as const satisfies NounOf<EventAction>[]
type NounOf<A> = A extends `${infer Noun}.${string}` ? Noun : never

/** Whether a word can filter by action: an action, or a group of them. */
export function isActionFilter(word: string): boolean {
  return isEventAction(word) || actionGroups.some((group) => group === word)
}

/** Whether a word is an action that this version records. */
export function isEventAction(word: string): word is EventAction {
  return eventActions.some((action) => action === word)
}

/**
 * Refusals that the audit trail records: those of somebody who looks for a way around a rule, and used-up limits. Others, such as
 * a wrong field, are not recorded.
 */
const recordedRefusals = [
  'RESHARE_FORBIDDEN',
  'IMAGE_NOT_FOUND',
  'INSTANCE_NOT_FOUND',
  'NOT_PERMITTED',
  'LOOKUPS_USED_UP',
  'DAILY_SHARES_USED_UP',
  'IMAGE_RECIPIENTS_FULL',
  'RECIPIENT_QUOTA_FULL',
  'IMAGE_QUOTA_FULL',
  'PASSWORD_WRONG',
  'PASSWORD_TRIES_USED_UP',
] as const satisfies Refusal['code'][]

/** Whether a refusal goes into the audit trail. */
export function isRecordedRefusal(code: string): boolean {
  return recordedRefusals.some((recorded) => recorded === code)
}

/** The start of the clock hour in which refusals of a kind are summed up in at most two events. */
export function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / hourMs) * hourMs)
}

/** The longest name of an image, an instance or a snapshot. */
export const resourceMax = 128

/** The filters of the audit trail. */
export type AuditFilters = {
  q: string
  account: string
  action?: string | undefined
  from?: string | undefined
  until?: string | undefined
}

/** The filters of a list, without its position. */
export function filtersOf({ q, account, action, from, until }: AuditFilters): AuditFilters {
  return { q, account, action, from, until }
}

/** Whether the filters exclude anything. */
export function isFiltered(list: AuditFilters): boolean {
  return Object.values(filtersOf(list)).some(Boolean)
}
