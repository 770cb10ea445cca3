/** Why a disk or a partition could not be checked completely. */
export const uncheckedReasons = [
  'ENCRYPTED',
  'UNSUPPORTED_FILE_SYSTEM',
  'TOOLS_MISSING',
  'UNSUPPORTED_DISK',
  'DAMAGED',
  'TIME',
  'MEMORY',
  'NOTHING_READABLE',
] as const
export type UncheckedReason = (typeof uncheckedReasons)[number]

/** Most severe first. */
export const severities = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof severities)[number]

/** What a clean copy does with a finding, or what a person must do in the guest if `cleanable` is false. */
export const remedies = ['delete', 'empty', 'lock', 'review', 'sysprep', 'leave-domain'] as const
export type Remedy = (typeof remedies)[number]

/** Maximum number of listed findings; the rest is counted in `findingsBeyond`. The most severe are kept. */
export const findingsMax = 2000
/** Maximum length of a path in UTF-16 units, after escaping. */
export const pathMax = 1024
/** Maximum length of a package name and of an excerpt, in UTF-16 units. */
export const packageMax = 128
export const maskedMax = 256

/**
 * One thing that should not leave with the disk. It never holds the secret itself.
 *
 * - `id` is the same each time the same bytes are checked: a hash of rule, partition, path and line.
 * - `path` is from the root of its partition, or `group/volume` of LVM and the path in there, without a slash at the front, and safe to show: control, format and
 *   bidirectional characters are written as `\u{…}`. It is empty for what lies in no file.
 * - `line` counts from 1; null where the whole file is meant. `offset` is a place on the disk in bytes, for what lies in no
 *   file.
 * - `masked` is an excerpt in which the secret is replaced by stars, or null where there is nothing to show.
 * - `ownedBy` is the Debian package whose file this is, or null.
 * - `cleanable`: a clean copy can apply the remedy, and the machine still starts; for `review` it deletes the file. A file of a
 *   package never is.
 */
export type Finding = {
  id: string
  rule: string
  severity: Severity
  partition: number
  path: string
  line: number | null
  offset: number | null
  masked: string | null
  ownedBy: string | null
  remedy: Remedy
  cleanable: boolean
}

/** A checked partition. `index` is its position in the disk's layout, from 0. */
export type CheckedPartition = {
  index: number
  fileSystem: string | null
  files: number
  readable: boolean
  reason: UncheckedReason | null
}

/**
 * What a check of a disk found.
 *
 * - `verdict`: `clean` only where everything that can hold files was read to its end without a finding. `findings` where
 *   there is at least one, even if a part could not be read. `unchecked` otherwise.
 * - `reason` is not null where a part could not be read, whatever the verdict: a report with findings may have one too.
 * - `files` are all files of the readable partitions; `filesByPathOnly` are those of them whose contents were not looked at
 *   because they are archives, binary or too large; `filesNotRead` are those whose contents should have been looked at and
 *   could not be read, for example because of a name that 7-Zip cannot select.
 * - `bytes` are the bytes of contents that were read, `seconds` how long it took.
 * - `counts` includes the findings beyond those listed.
 */
export type CheckReport = {
  verdict: 'clean' | 'findings' | 'unchecked'
  reason: UncheckedReason | null
  rulesVersion: string
  isDeep: boolean
  partitions: CheckedPartition[]
  files: number
  bytes: number
  seconds: number
  filesByPathOnly: number
  filesNotRead: number
  findings: Finding[]
  findingsBeyond: number
  counts: Record<Severity, number>
}

/** Progress of a check. `filesTotal` grows with each listed partition; `partition` is an index. */
export type CheckProgress = { filesLooked: number; filesTotal: number; bytesRead: number; partition: number }
