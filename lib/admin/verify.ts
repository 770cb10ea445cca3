import 'server-only'
import { ok, type Result } from '@/lib/result'
import type { Finding, VerifyOptions } from './finding'
import { type Answer, answer } from './output'
import { verifyAccounts } from './verify-accounts'
import { verifyImages } from './verify-images'
import { verifyShares } from './verify-shares'
import { verifyStores } from './verify-stores'

/**
 * Checks every rule of the console against the rows, every counter against what it counts, and every stored file against
 * its size and, with `content`, its checksum. Changes nothing, needs no quiet, and takes no more memory for more rows.
 */
export async function verify(options: Partial<VerifyOptions> = {}): Promise<Finding[]> {
  const whole = { content: true, now: new Date(), signal: null, ...options }
  const findings: Finding[] = []
  for (const part of [verifyAccounts, verifyImages, verifyShares, verifyStores]) {
    for await (const finding of part(whole)) findings.push(finding)
  }
  return findings
}

/** `verify`: a line for each finding. In JSON stand the violations; the notes are then on stderr. */
export async function showFindings(options: Partial<VerifyOptions>, isJson: boolean): Promise<Result<Answer>> {
  const findings = await verify(options)
  const violations = findings.filter((finding) => finding.severity === 'violation')
  const notes = findings.filter((finding) => finding.severity === 'note')
  const said = answer(
    violations.map(({ kind, id, message }) => ({ kind, id, message })),
    [...violations.map(line), ...notes.map((finding) => `note: ${line(finding)}`)],
  )
  if (isJson) said.notes.push(...notes.map(line))
  if (violations.length === 0) said.lines.push('0 violations')
  else said.complaint = `${violations.length} ${violations.length === 1 ? 'violation was' : 'violations were'} found.`
  return ok(said)
}

function line({ kind, id, message }: Finding): string {
  return `${kind} ${id}: ${message}`
}
