import 'server-only'
import { verifyChains } from '@/lib/audit/reads-verify'
import { faultSentence, usernameOf } from './audit'
import { type Finding, type VerifyOptions, violation } from './finding'

/** Recomputes the audit trail of every tenant and of the operator, and compares it with the record of events. */
export async function* verifyAudit({ signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const { accountId, fault } of verifyChains({ signal })) {
    if (fault) yield violation(`audit-${fault.kind}`, await usernameOf(accountId), faultSentence(fault))
  }
}
