import { type EventAction, eventActions } from '@/lib/events/rules'
import type { Refusal } from '@/lib/result'

// The audit trail (rule 31).

/**
 * What an entry of a chain says, in the order in which it is hashed. The hash of an entry is the SHA-256, in hex, of the hash
 * before and these values as JSON.stringify writes an array of strings and nulls. The trigger `extend_audit_chains`
 * computes the same, and so does the script that an export carries.
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

/** The text that is hashed after the hash of the entry before. */
export function entryContent(entry: EntryTexts): string {
  return JSON.stringify(entryFields.map((field) => entry[field]))
}

/** Hashed, this is what the first entry of a chain follows, so that no chain can be taken for another's. */
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

/** How often a checkpoint is made of each chain that has grown. */
export const checkpointEveryMs = hourMs

/**
 * Why a chain is refused. About an entry: `changed`, `inserted` where no event is behind it, `moved` where its event says the
 * same, `removed`. `head`: the row that names the newest entry names another. About the event behind an entry: `event-changed`, `event-removed`; `event-unchained` has no entry. About
 * checkpoints: `rewritten` where a chain is sound in itself and not what was signed, `signature` where that is wrong.
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

/** The first thing that does not fit. `seq` names the entry, `eventId` the event behind it, `signedAt` a checkpoint. */
export type AuditFault = {
  kind: AuditFaultKind
  seq: string | null
  eventId: string | null
  signedAt: string | null
}

/** What is known of the event behind an entry: it is the same, says something else, or is gone. */
export type EventBehind = 'same' | 'differs' | 'gone'

/** Names what happened to an entry whose content does not give its hash. */
export function faultOfContent(behind: EventBehind): 'changed' | 'inserted' | 'moved' {
  return behind === 'same' ? 'moved' : behind === 'gone' ? 'inserted' : 'changed'
}

/** The sentence of a fault, by its name in the messages (`audit.faults`). */
export function faultMessage({ kind, signedAt }: AuditFault): AuditFaultKind | 'removedSigned' {
  return kind === 'removed' && signedAt !== null ? 'removedSigned' : kind
}

/** The nouns of the actions: the groups of the filter. */
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

/** Whether a word filters by action: an action, or a noun for all of its actions. */
export function isActionFilter(word: string): boolean {
  return isEventAction(word) || actionGroups.some((group) => group === word)
}

/** Whether a word is an action that this version records. */
export function isEventAction(word: string): word is EventAction {
  return eventActions.some((action) => action === word)
}

/**
 * Refusals that the audit trail has: what somebody tries who looks for a way around a rule, and limits that are used up. Others,
 * such as a field that is wrong, say nothing about anybody.
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

/** The beginning of the clock hour in which refusals of a kind are folded into two events at most. */
export function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / hourMs) * hourMs)
}

/** The longest name of an image, an instance or a snapshot. */
export const resourceMax = 128

/** What narrows a trail down. */
export type AuditFilters = {
  q: string
  account: string
  action?: string | undefined
  from?: string | undefined
  until?: string | undefined
}

/** The filters of a list, without where in it a page is. */
export function filtersOf({ q, account, action, from, until }: AuditFilters): AuditFilters {
  return { q, account, action, from, until }
}

/** Whether a list shows less than the whole trail. */
export function isFiltered(list: AuditFilters): boolean {
  return Object.values(filtersOf(list)).some(Boolean)
}
