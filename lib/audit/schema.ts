import { z } from 'zod'
import { foldUsername, signInNameMax } from '@/lib/accounts/rules'
import { cursor, pageSize, searchText } from '@/lib/fields'
import type { PageRange } from '@/lib/pages'
import { type AuditFault, isActionFilter, resourceMax } from './rules'

/** A signed checkpoint as it is exported and kept elsewhere: up to the entry `seq` the chain of the account gave this hash. */
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

/** All parameters of the page Audit, as they are in its URL. `action`: one, or a noun for all of its actions. */
export const auditParams = z.object({
  q: searchText(resourceMax).catch(''),
  account: searchText(signInNameMax).catch('').transform(foldUsername),
  action: z
    .string()
    .refine((word) => isActionFilter(word))
    .optional()
    .catch(undefined),
  /** Days of the console's time zone, both of them included. */
  from: day,
  until: day,
  size: pageSize,
  /** Verifies the whole trail and shows the outcome above the list. */
  verify: z.literal('now').optional().catch(undefined),
  after: cursor,
  before: cursor,
})
export type AuditParams = z.infer<typeof auditParams>

/** The filters of an export, and its form: `proof` is the whole trail with what proves it, without filters. */
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
  /** What a sentence cannot say of it, in plain values; what was before and after under `before` and `after`. */
  details: Record<string, unknown>
}

export type AuditPage = { items: AuditItem[]; next: string | null; prev: string | null; range: PageRange }

/**
 * A verified chain. `entries`: how many there are up to the first that does not fit. `foreign`: checkpoints that another key
 * has signed, which this console cannot judge. `signedAt`: the moment of the newest good one.
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

/** What a tenant learns of its own trail. `busy`: too many are verified at the moment. `long`: it did not end in a minute. */
export type OwnVerification = { status: 'busy' | 'long' } | { status: 'verified'; chain: VerifiedChain }
