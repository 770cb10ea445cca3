import { createHash } from 'node:crypto'
import {
  type CheckReport,
  type Finding,
  findingsMax,
  maskedMax,
  packageMax,
  type Remedy,
  type Severity,
  severities,
} from './report'
import { shownPath } from './shown-path'

/** A finding without its id and with an unescaped path. */
export type Found = {
  rule: string
  severity: Severity
  partition: number
  path: string
  line?: number | null
  offset?: number | null
  masked?: string | null
  ownedBy?: string | null
  remedy: Remedy
  cleanable: boolean
}

/** Collects findings up to a report's maximum; beyond it the most severe are kept. */
export function createFindings() {
  const kept = new Map<Severity, Map<string, Finding>>(severities.map((severity) => [severity, new Map()]))
  const counts: CheckReport['counts'] = { critical: 0, high: 0, medium: 0, low: 0 }
  const total = () => severities.reduce((sum, severity) => sum + (kept.get(severity)?.size ?? 0), 0)

  const makeRoom = (severity: Severity): boolean => {
    if (total() < findingsMax) return true
    const lower = severities.toReversed().find((other) => (kept.get(other)?.size ?? 0) > 0)
    if (!lower || severities.indexOf(lower) <= severities.indexOf(severity)) return false
    const last = [...(kept.get(lower)?.keys() ?? [])].at(-1)
    return last !== undefined && (kept.get(lower)?.delete(last) ?? false)
  }
  return {
    add: (found: Found) => {
      const finding = findingOf(found)
      const same = kept.get(finding.severity)
      if (!same || same.has(finding.id)) return
      counts[finding.severity] += 1
      if (makeRoom(finding.severity)) same.set(finding.id, finding)
    },
    list: () => {
      const findings = severities.flatMap((severity) => [...(kept.get(severity)?.values() ?? [])])
      const all = severities.reduce((sum, severity) => sum + counts[severity], 0)
      return { findings, findingsBeyond: all - findings.length, counts: { ...counts } }
    },
  }
}

function findingOf(found: Found): Finding {
  const { rule, severity, partition, path, line = null, offset = null, masked = null, ownedBy = null } = found
  const identity = JSON.stringify([rule, partition, path, line ?? offset])
  const id = createHash('sha256').update(identity).digest('hex').slice(0, 16)
  const { remedy, cleanable } = found
  // The guest wrote all three, so they are cut: 2000 findings stay small whatever their length.
  const texts = {
    path: shownPath(path),
    masked: masked?.slice(0, maskedMax) ?? null,
    ownedBy: ownedBy === null ? null : shownPath(ownedBy, packageMax),
  }
  return { id, rule, severity, partition, line, offset, remedy, cleanable, ...texts }
}
