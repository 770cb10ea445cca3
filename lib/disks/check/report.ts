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
 * Private data that should not leave with the disk. It never holds the secret itself.
 *
 * - `id` is the same each time the same bytes are checked: a hash of rule, partition, path and line, or offset.
 * - `path` begins at the root of its partition, in LVM with `group/volume`, without a leading slash. It is safe to display: control,
 *   format and bidirectional characters are written as `\u{…}`. It is empty for data outside files.
 * - `line` counts from 1; null if the whole file is meant. `offset` is in bytes on the disk, for data outside files.
 * - `masked` is an excerpt with the secret replaced by stars; null if there is none.
 * - `ownedBy` is the Debian package that owns the file, or null.
 * - `cleanable`: a clean copy can apply the remedy, and the guest still boots; for `review` it deletes the file. A file of a package is
 *   never cleanable.
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
 * The result of a check.
 *
 * - `verdict`: `clean` only if everything that can hold files was read completely without a finding, `findings` if there is at least
 *   one, even if a part could not be read, else `unchecked`.
 * - `reason` says why a part could not be read, whatever the verdict; null if all was read.
 * - `files` counts all files of the readable partitions. Of these, `filesByPathOnly` were not read because they are archives, binary or
 *   too large; `filesNotRead` should have been read and could not, for example because of a name that 7-Zip cannot select.
 * - `bytes` is the size of all contents read; `seconds` is the duration.
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
