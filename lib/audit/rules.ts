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

/** How often a checkpoint is made of each chain that has grown. */
export const checkpointEveryMs = 60 * 60 * 1000

/**
 * Why a chain is refused. About an entry: `changed`, `inserted` where no event is behind it, `moved` where only its place is
 * wrong, `removed`. About the event behind an entry: `event-changed`, `event-removed`; `event-unchained` has no entry. About
 * checkpoints: `rewritten` where a chain is sound in itself and not what was signed, `signature` where that is wrong.
 */
export const auditFaultKinds = [
  'changed',
  'inserted',
  'moved',
  'removed',
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
