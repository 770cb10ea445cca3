import type { NotPermitted } from './permissions'

/** A rule's "no": typed data, not an error. It has the facts that its sentence needs, never the sentence. */
export type Refusal =
  | { code: 'SIGNED_OUT' }
  | { code: 'OTHER_ACCOUNT'; username: string }
  | { code: 'NEW_BUILD' }
  | { code: 'OFFLINE' }
  | { code: 'INVALID_INPUT'; field: string; problem: InputProblem; also?: { field: string; problem: InputProblem }[] }
  | NotPermitted
  | { code: 'BUSY' }
  | { code: 'READ_ONLY' }
  | { code: 'IMAGE_NOT_FOUND' }
  | { code: 'RESHARE_FORBIDDEN' }
  | { code: 'IMAGE_NOT_AVAILABLE'; state: string }
  | { code: 'REGION_MISMATCH'; imageId: string; imageRegion: string; region: string }
  | { code: 'IMAGE_RECIPIENTS_FULL'; max: number; free: number; asked: number }
  | { code: 'DAILY_SHARES_USED_UP'; max: number; left: number; asked: number; resetsAt: string }
  | { code: 'LOOKUPS_USED_UP'; max: number; resetsAt: string }
  | { code: RecipientRefusalCode; recipients: RefusedRecipient[] }
  /** One of several images was refused, so none is changed: which, and why. */
  | { code: 'SELECTED_REFUSED'; image: string; why: Refusal }
  | { code: 'SHARE_NOT_FOUND' }
  | { code: 'SHARES_ENDED'; asked: number; ended: number }
  | { code: 'SHARE_NOT_PENDING' }
  | { code: 'SHARE_END_PAST' }
  | { code: 'SHARE_END_TOO_LATE'; max: number }
  | ({ code: 'IMAGE_QUOTA_FULL' } & QuotaFacts)
  | ({ code: 'BYTES_QUOTA_FULL' } & QuotaFacts)
  | ({ code: 'INSTANCE_QUOTA_FULL' } & QuotaFacts)
  | ({ code: 'SNAPSHOT_QUOTA_FULL' } & QuotaFacts)
  | { code: 'IMAGE_IS_SHARED'; recipients: number }
  | { code: 'IMAGE_BUSY'; state: string }
  | { code: 'IMAGE_PROTECTED' }
  | { code: 'IMAGE_TAGS_FULL'; max: number; tags: number; added: number; keys: string }
  | { code: 'IMAGE_RETIRED'; retiredAt: string }
  | { code: 'REPLACEMENT_NOT_FOUND' }
  | { code: 'CHECKSUM_MISMATCH' }
  | { code: 'COPY_SOURCE_GONE' }
  | { code: 'COPY_SOURCE_DAMAGED' }
  | { code: 'STORE_UNREACHABLE'; region: string }
  | { code: 'STORE_REFUSED'; region: string }
  | { code: 'IMAGE_NAME_MISMATCH' }
  | { code: 'MIN_DISK_BELOW_SIZE'; least: number }
  | { code: 'DISK_REFUSED'; reason: string; facts: Record<string, string | number> }
  | { code: 'STORE_FULL'; region: string }
  | { code: 'IMAGE_TOO_LARGE'; max: number }
  | { code: 'PASSWORD_WRONG' }
  | { code: 'PASSWORD_TRIES_USED_UP'; seconds: number }
  | { code: 'ACCOUNT_NOT_FOUND' }
  | { code: 'USERNAME_TAKEN' }
  | { code: 'SUB_ACCOUNTS_FULL'; max: number }
  | { code: 'REGION_NOT_FOUND' }
  | { code: 'REGION_EXISTS' }
  | { code: 'INSTANCE_TYPE_NOT_FOUND' }
  | { code: 'INSTANCE_TYPE_EXISTS' }
  | { code: 'LEDGER_LINE_NOT_FOUND' }
  | { code: 'QUOTA_BELOW_USE'; resource: string; used: number }
  | { code: 'BYTES_QUOTA_BELOW_USE'; used: number }
  | { code: 'INSTANCE_NOT_FOUND' }
  | { code: 'INSTANCE_BUSY'; operation: string; state: string; task: string | null }
  | { code: 'VIEWS_FULL'; max: number }
  | { code: 'INSTANCE_PROTECTED' }
  | { code: 'INSTANCE_NAME_MISMATCH' }
  | { code: 'REBUILD_IMAGE_GONE' }
  | { code: 'HOST_UNAVAILABLE'; problem: string | null }
  | { code: 'HOST_FULL' }
  | { code: 'EMULATION_NOT_ALLOWED' }
  | { code: 'BOOT_MODE_UNSUPPORTED' }
  | { code: 'TYPE_NOT_FOUND' }
  | { code: 'TYPE_TOO_SMALL'; least: number }
  | { code: 'DISK_TOO_SMALL'; least: number }
  | { code: 'SNAPSHOT_NOT_FOUND' }
  | { code: 'SNAPSHOT_NOT_AVAILABLE'; state: string }
  | { code: 'SNAPSHOT_IN_PROGRESS' }
  | { code: 'DISK_HAS_SECRETS'; critical: number; high: number }
  | { code: 'DISK_UNCHECKED'; reason: string }
  | { code: 'SHARE_NEEDS_REASON'; findings: number; unchecked: string | null }
  | { code: 'FINDING_NOT_FOUND' }
  | { code: 'CHECKS_OFF' }
  | { code: 'CHECKS_FULL'; max: number }
  | { code: 'CLEAN_REFUSED'; reason: string; path: string; package: string; partition: number }
  | { code: 'GROUP_NOT_FOUND' }
  | { code: 'GROUP_NAME_TAKEN' }
  | { code: 'GROUPS_FULL'; max: number }
  | { code: 'DELIVERY_NOT_FOUND' }
  | { code: 'DELIVERY_IN_PROGRESS' }

export type RefusalCode = Refusal['code']

export type QuotaFullCode = 'IMAGE_QUOTA_FULL' | 'BYTES_QUOTA_FULL' | 'INSTANCE_QUOTA_FULL' | 'SNAPSHOT_QUOTA_FULL'
export type QuotaFacts = { quota: number; used: number; asked: number; region: string }

/** The refusals with these codes and their facts, so that an operation's type names those it can return. */
export type RefusalOf<Code extends RefusalCode> = WithCode<Refusal, Code>
type WithCode<R, Code> = R extends { code: infer Own } ? ([Own & Code] extends [never] ? never : R) : never

/** Why one username of a share was refused; each refused username carries its own. */
export type RecipientRefusalCode =
  | 'RECIPIENT_NOT_FOUND'
  | 'RECIPIENT_IS_YOU'
  | 'ALREADY_SHARED'
  | 'RECIPIENT_QUOTA_FULL'
export type RefusedRecipient = { username: string; code: RecipientRefusalCode }

export type InputProblem =
  | 'required'
  | 'too-short'
  | 'too-long'
  | 'too-many'
  | 'characters'
  | 'format'
  | 'number'
  | 'too-large'
  | 'no-key'
  | 'key-twice'
  | 'tag-characters'
  | 'own-username'
  | 'no-tls'
  | 'same-region'
  | 'invalid'

/** The browser only learns the reference. `isUnclear`: no answer came in time, so it may have succeeded. */
export type Fault = { code: 'FAULT'; reference: string; isUnclear?: true }

/** `isReplay`: the stored answer of the same form; nothing was done this time. */
export type Result<T, R extends Refusal = Refusal> = { ok: true; value: T; isReplay?: true } | { ok: false; refusal: R }
export type ActionResult<T> = { ok: true; value: T } | { ok: false; refusal: Refusal | Fault }

/** A successful result. */
export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value }
}

/** A refused result. */
export function refuse<R extends Refusal>(refusal: R): { ok: false; refusal: R } {
  return { ok: false, refusal }
}

/** Carries a refusal as an exception through code that handles success only, up to the place that handles refusals. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code)
  }
}

/** The value of a successful result. Throws `Refused` otherwise. */
export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Refused(result.refusal)
  return result.value
}
