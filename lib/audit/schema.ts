import { z } from 'zod'
import { foldUsername, signInNameMax } from '@/lib/accounts/rules'
import { cursor, pageSize, searchText } from '@/lib/fields'
import type { PageRange } from '@/lib/pages'
import { type AuditFault, isActionFilter, resourceMax } from './rules'

/** A signed checkpoint as it is exported and kept elsewhere: at the entry `seq` the account's chain had this hash. */
export const checkpoint = z.object({
  accountId: z.string(),
  seq: z.string().regex(/^\d{1,18}$/),
  hash: z.string(),
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.string(),
})
export type Checkpoint = z.infer<typeof checkpoint>

/** PostgreSQL has no year 0. */
const day = z.iso
  .date()
  .refine((date) => date >= '0001')
  .optional()
  .catch(undefined)

/** The URL parameters of the Audit page. `action`: one action, or a group of them. */
export const auditParams = z.object({
  q: searchText(resourceMax).catch(''),
  account: searchText(signInNameMax).catch('').transform(foldUsername),
  action: z
    .string()
    .refine((word) => isActionFilter(word))
    .optional()
    .catch(undefined),
  /** Days in the console's time zone, both inclusive. */
  from: day,
  until: day,
  size: pageSize,
  /** Verifies the whole trail and shows the outcome above the list. */
  verify: z.literal('now').optional().catch(undefined),
  after: cursor,
  before: cursor,
})
export type AuditParams = z.infer<typeof auditParams>

/** The filters and the format of an export. `proof`: the whole trail with its proof, unfiltered. */
export const auditExportParams = auditParams.extend({ format: z.enum(['csv', 'json', 'proof']).catch('proof') })
export type AuditExportParams = z.infer<typeof auditExportParams>

/**
 * One entry of the audit trail as its tenant reads it. `by` says whether an account acted, the operator at the command
 * line, or the console itself.
 */
export type AuditItem = {
  seq: string
  at: string
  by: 'account' | 'operator' | 'console'
  actor: string
  address: string | null
  action: string
  owner: string
  regionId: string | null
  image: { id: string; name: string } | null
  recipient: string | null
  instance: { id: string; name: string } | null
  snapshot: { id: string; name: string } | null
  /** Facts that the action does not say, as plain values; the values before and after a change under `before` and `after`. */
  details: Record<string, unknown>
}

export type AuditPage = { items: AuditItem[]; next: string | null; prev: string | null; range: PageRange }

/**
 * A verified chain. `entries`: how many are in order up to the first fault. `foreign`: checkpoints signed by another key, which
 * this console cannot verify. `signedAt`: the time of the newest valid one.
 */
export type VerifiedChain = {
  accountId: string
  entries: number
  hash: string | null
  checkpoints: number
  foreign: number
  signedAt: string | null
  fault: AuditFault | null
}

/** The outcome of verifying one's own trail. `busy`: too many verifications are running. `long`: not finished within a minute. */
export type OwnVerification = { status: 'busy' | 'long' } | { status: 'verified'; chain: VerifiedChain }
