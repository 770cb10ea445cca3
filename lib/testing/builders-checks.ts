import { db } from '@/lib/db/client'
import { rulesVersion } from '@/lib/disks/check/path-rules'
import type { CheckReport, Finding, Severity } from '@/lib/disks/check/report'
import { queueMs } from '@/lib/transfers/rules'

/** A check report with these findings and otherwise arbitrary values. */
export function reportOf(findings: Finding[] = [], fields: Partial<CheckReport> = {}): CheckReport {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  return {
    verdict: findings.length > 0 ? 'findings' : 'clean',
    reason: null,
    // The current version: a worker repeats checks made with older rules.
    rulesVersion,
    isDeep: false,
    partitions: [{ index: 0, fileSystem: 'ext4', files: 12, readable: true, reason: null }],
    files: 12,
    bytes: 4096,
    seconds: 0.2,
    filesByPathOnly: 1,
    filesNotRead: 0,
    findings,
    findingsBeyond: 0,
    counts: { critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low') },
    ...fields,
  }
}

/** A finding by its id: a private key of root, unless other fields are given. */
export function finding(id: string, fields: Partial<Finding> = {}): Finding {
  return {
    id,
    rule: 'ssh-private-key',
    severity: 'critical',
    partition: 0,
    path: `root/.ssh/${id}`,
    line: null,
    offset: null,
    masked: '-----BEGIN OPENSSH PRIVATE KEY----- ****',
    ownedBy: null,
    remedy: 'delete',
    cleanable: true,
    ...fields,
  }
}

/** Inserts the check of a content: clean, unless findings are given. */
export async function checkedContent(
  sha256: string,
  report: CheckReport = reportOf(),
  endedAt = new Date(),
): Promise<void> {
  const { verdict, reason, rulesVersion, isDeep, counts, findings, findingsBeyond, ...looked } = report
  const { partitions, files, bytes, seconds, filesByPathOnly, filesNotRead } = looked
  const disk = { partitions, files, bytes, seconds, filesByPathOnly, filesNotRead }
  const data = {
    state: verdict,
    reason,
    rulesVersion,
    isDeep,
    ...counts,
    beyond: findingsBeyond,
    report: disk,
    endedAt,
  }
  const fixed = { isQueued: false, patienceMs: queueMs, createdAt: endedAt }
  await db().check.upsert({ where: { sha256 }, create: { sha256, ...data, ...fixed }, update: { ...data, ...fixed } })
  await db().finding.deleteMany({ where: { sha256 } })
  const rows = findings.map(({ offset, ...rest }) => ({
    ...rest,
    sha256,
    offset: offset === null ? null : BigInt(offset),
  }))
  await db().finding.createMany({ data: rows })
}

/** Inserts the check of an image's bytes. */
export async function checkedImage(imageId: string, report?: CheckReport, endedAt?: Date): Promise<string> {
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: imageId }, select: { sha256: true } })
  if (sha256 === null) throw new Error('It has no bytes.')
  await checkedContent(sha256, report, endedAt)
  return sha256
}
