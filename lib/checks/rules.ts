import type { RefusalOf } from '@/lib/result'

/** The verdict on the bytes of an image. `running`: their first check has not ended. */
export const checkStates = ['running', 'clean', 'findings', 'unchecked', 'failed'] as const
export type CheckStateName = (typeof checkStates)[number]

/** Maximum number of other disks of a master account that are queued or being checked when one more is requested. */
export const checksMax = 3

/** Rule 28: refuses a further check of an account, so that its checks do not delay those of others. `queued`: its other disks. */
export function refuseCheck({ queued }: { queued: number }): RefusalOf<'CHECKS_FULL'> | null {
  return queued >= checksMax ? { code: 'CHECKS_FULL', max: checksMax } : null
}

/** Most severe first. */
export const severityNames = ['critical', 'high', 'medium', 'low'] as const
export type SeverityName = (typeof severityNames)[number]
export type Counts = Record<SeverityName, number>

/** What to do with an image that has findings or no verdict (ECS_SHARE_CHECK). */
export const sharePolicies = ['off', 'warn', 'block'] as const
export type SharePolicy = (typeof sharePolicies)[number]

/** Length of a reason, for sharing an image with findings or for ignoring a finding. */
export const reasonMin = 10
export const reasonMax = 200

/** How many findings the share page shows, the most severe first. */
export const gravestShown = 3

export const noFindings: Counts = { critical: 0, high: 0, medium: 0, low: 0 }

/** The findings that count: all except those that the owner ignores. */
export function openFindings(found: Counts, ignored: Counts): Counts {
  const open = (severity: SeverityName) => Math.max(0, found[severity] - ignored[severity])
  return { critical: open('critical'), high: open('high'), medium: open('medium'), low: open('low') }
}

/** The number of findings of all severities. */
export function totalOf(counts: Counts): number {
  return severityNames.reduce((sum, severity) => sum + counts[severity], 0)
}

/** Null if there was no check. `reason`: why a part could not be read. `open`: the findings that are not ignored. */
export type CheckFacts = { state: CheckStateName | null; reason: string | null; open: Counts } | null

/** Why a disk counts as unchecked; null if all of it was read. */
export function uncheckedReason(check: CheckFacts): string | null {
  if (!check || check.state === null) return 'NOT_CHECKED'
  if (check.state === 'running') return 'RUNNING'
  if (check.state === 'failed') return 'FAILED'
  return check.state === 'unchecked' ? (check.reason ?? 'NOTHING_READABLE') : check.reason
}

/** Whether all of a disk was read and every finding is ignored by its owner. */
export function isCheckedClean(check: CheckFacts): boolean {
  return check !== null && uncheckedReason(check) === null && totalOf(check.open) === 0
}

export type ShareCheck = { policy: SharePolicy; check: CheckFacts; reason: string }
export type ShareCheckRefusal = RefusalOf<'DISK_HAS_SECRETS' | 'DISK_UNCHECKED' | 'SHARE_NEEDS_REASON'>

/**
 * Rule 27: whether an image can be shared with this verdict. `warn`: only with a reason. `block`: not with critical or high findings,
 * and not without a verdict on the whole disk; other findings need a reason, as under `warn`.
 */
export function refuseShareUnchecked({ policy, check, reason }: ShareCheck): ShareCheckRefusal | null {
  if (policy === 'off' || isCheckedClean(check)) return null
  const unchecked = uncheckedReason(check)
  if (policy === 'block') {
    const { critical, high } = check?.open ?? noFindings
    if (critical + high > 0) return { code: 'DISK_HAS_SECRETS', critical, high }
    if (unchecked !== null) return { code: 'DISK_UNCHECKED', reason: unchecked }
  }
  if (reason !== '') return null
  return { code: 'SHARE_NEEDS_REASON', findings: totalOf(check?.open ?? noFindings), unchecked }
}

/** Whether the only reason for a refusal is that the disk is being checked for the first time. */
export function waitsForVerdict(refusal: { code: string; reason?: string | null; unchecked?: string | null }): boolean {
  if (refusal.code === 'DISK_UNCHECKED') return refusal.reason === 'RUNNING'
  return refusal.code === 'SHARE_NEEDS_REASON' && refusal.unchecked === 'RUNNING'
}

/** Progress of a check in percent; null until the files have been counted. */
export function percentChecked({
  filesLooked,
  filesTotal,
}: {
  filesLooked: number
  filesTotal: number
}): number | null {
  return filesTotal > 0 ? Math.min(100, Math.floor((filesLooked / filesTotal) * 100)) : null
}

export type SarifFinding = {
  id: string
  rule: string
  severity: SeverityName
  path: string
  line: number | null
  offset: number | null
  masked: string | null
  ignored: { reason: string } | null
}

const sarifLevels: Record<SeverityName, string> = { critical: 'error', high: 'error', medium: 'warning', low: 'note' }

/** A report as SARIF 2.1.0 (OASIS). An ignored finding is a suppressed result with its reason. */
export function toSarif({ findings }: { findings: SarifFinding[] }, version: string) {
  const rules = [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id }))
  const results = findings.map(({ id, rule, severity, path, line, offset, masked, ignored }) => ({
    ruleId: rule,
    level: sarifLevels[severity],
    message: { text: masked ?? rule },
    partialFingerprints: { findingId: id },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(path) },
          ...(line === null ? {} : { region: { startLine: line } }),
          ...(path === '' && offset !== null ? { region: { byteOffset: offset } } : {}),
        },
      },
    ],
    properties: { severity },
    ...(ignored ? { suppressions: [{ kind: 'external', justification: ignored.reason }] } : {}),
  }))
  const driver = { name: 'Open ECS Console Disk Check', version, rules }
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  }
}
