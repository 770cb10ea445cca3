import 'server-only'
import { ok, type Result } from '@/lib/result'
import type { Finding, VerifyOptions } from './finding'
import { type Answer, answer } from './output'
import { verifyAccounts } from './verify-accounts'
import { verifyAudit } from './verify-audit'
import { verifyChecks } from './verify-checks'
import { verifyImages } from './verify-images'
import { verifyInstances } from './verify-instances'
import { verifyLedger } from './verify-ledger'
import { verifyShares } from './verify-shares'
import { verifySpace } from './verify-space'
import { verifyStores } from './verify-stores'

/** Checks rules, counters and stored files against each other. Changes nothing, may run at any time, in bounded memory. */
export async function verify(options: Partial<VerifyOptions> = {}): Promise<Finding[]> {
  const whole = { content: true, now: new Date(), signal: null, ...options }
  const findings: Finding[] = []
  for (const part of [
    verifyAccounts,
    verifyImages,
    verifyInstances,
    verifySpace,
    verifyShares,
    verifyLedger,
    verifyAudit,
    verifyChecks,
    verifyStores,
  ]) {
    for await (const finding of part(whole)) findings.push(finding)
  }
  return findings
}

/** `verify`: one line per finding. Exit code 1 also if something could not be checked. */
export async function showFindings(options: Partial<VerifyOptions>, isJson: boolean): Promise<Result<Answer>> {
  const findings = await verify(options)
  const of = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity)
  const [violations, missed, notes] = [of('violation'), of('unchecked'), of('note')]
  const beside = [...missed.map((finding) => `not checked: ${line(finding)}`), ...notes.map(line)]
  const said = answer(
    violations.map(({ kind, id, message }) => ({ kind, id, message })),
    [...violations.map(line), ...missed.map((finding) => `not checked: ${line(finding)}`)],
  )
  if (isJson) said.notes.push(...beside)
  else said.lines.push(...notes.map((finding) => `note: ${line(finding)}`))
  if (violations.length === 0) said.lines.push('0 violations')
  const complaints = [
    ...(violations.length > 0 ? [`${count(violations, 'violation')} found.`] : []),
    ...(missed.length > 0
      ? ['Not everything could be checked: fix the problems named above, then run verify again.']
      : []),
  ]
  if (complaints.length > 0) said.complaint = complaints.join(' ')
  return ok(said)
}

function count(findings: Finding[], what: string): string {
  return findings.length === 1 ? `1 ${what} was` : `${findings.length} ${what}s were`
}

function line({ kind, id, message }: Finding): string {
  return `${kind} ${id}: ${message}`
}
