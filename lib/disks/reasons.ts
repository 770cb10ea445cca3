/** The inspector's reasons for a refusal. Each has its own sentence, so that a person can repair the disk. */
export const inspectionReasons = [
  'empty',
  'truncated',
  'ambiguous',
  'unsupported-format',
  'unsupported-version',
  'unsupported-kind',
  'descriptor-only',
  'bad-descriptor',
  'not-a-disk',
  'bad-header',
  'virtual-size-too-large',
  'backing-file',
  'external-data-file',
  'encrypted',
  'internal-snapshots',
  'unknown-feature',
  'dirty',
  'corrupt',
  'cluster-size',
  'block-size',
  'sector-size',
  'table-too-small',
  'table-too-large',
  'table-outside-file',
  'table-misplaced',
  'shared-tables',
  'shared-blocks',
  'amplification',
  'partition-table',
  'partition-outside-disk',
  'partition-cut-off',
] as const

/** Failures of the conversion after a successful inspection. */
const conversionReasons = ['conversion-failed', 'conversion-too-large', 'sandbox-missing', 'tool-missing'] as const

/** Every reason for which a disk is refused. */
export const diskReasons = [...inspectionReasons, ...conversionReasons] as const

export type InspectionReason = (typeof inspectionReasons)[number]

export type DiskReason = (typeof diskReasons)[number]

/** The numbers and names that fill in a reason's sentence, never the sentence. */
export type DiskFacts = Record<string, string | number>

export type DiskRefusal = { ok: false; reason: DiskReason; facts: DiskFacts }

/** Makes a refusal. */
export function refuseDisk(reason: DiskReason, facts: DiskFacts = {}): DiskRefusal {
  return { ok: false, reason, facts }
}
