import type { Finding } from '@/lib/disks/check/report'
import type { CleanRefusal } from '@/lib/disks/clean/plan'
import { canImage } from '@/lib/images/rules'
import type { RefusalOf } from '@/lib/result'

/** Maximum number of chosen findings; a report lists no more. */
export const chosenMax = 2_000

/** Rules for traces of a machine's use: its identity, logs and histories. A clean copy can reset all of them with one choice. */
export const resetRules: readonly string[] = [
  'machine-id',
  'ssh-host-key',
  'random-seed',
  'cloud-init-state',
  'dhcp-net-state',
  'logs-mail',
  'shell-history',
]

export type Partitions = readonly { index: number; fileSystem: string | null; readable: boolean }[]

type CleanRefused = RefusalOf<'CLEAN_REFUSED'>

/** A refusal to clean; missing facts are empty. */
export function cleanRefused(reason: string, facts: Partial<Omit<CleanRefused, 'code' | 'reason'>> = {}): CleanRefused {
  const { path = '', package: owner = '', partition = 0 } = facts
  return { code: 'CLEAN_REFUSED', reason, path, package: owner, partition }
}

export type RefuseFinding = (finding: Finding) => CleanRefusal | null

/**
 * Refuses a finding that a clean copy cannot remove: in a file of a package, one that a person has to decide on, or in a file outside
 * ext2, ext3, ext4, XFS, Btrfs and LVM groups of which every volume was read.
 */
export function refuseCleaning(
  finding: Finding,
  { partitions, refuseFinding }: { partitions: Partitions; refuseFinding: RefuseFinding },
): CleanRefused | null {
  const refusal = refuseFinding(finding)
  if (refusal) {
    const { code, ...facts } = refusal
    return cleanRefused(code, facts)
  }
  // Free space and swap space are cleaned as a whole; in a volume, the path is the volume's name.
  if (finding.path === '' || finding.rule === 'deleted-secret') return null
  return isChangeable(partitions, finding.partition)
    ? null
    : cleanRefused('UNSUPPORTED_FILE_SYSTEM', { path: finding.path, partition: finding.partition + 1 })
}

/** Whether anything on a disk can be cleaned: files and free space of ext, XFS and Btrfs, free space of FAT, swap space, LVM volumes. */
export function isCleanable(partitions: Partitions): boolean {
  return partitions.some(
    ({ fileSystem, readable }) =>
      readable && /^(?:ext[234]|xfs|btrfs|fat(?:12|16|32)|swap|lvm)$/.test(fileSystem ?? ''),
  )
}

/** Whether files on a partition can be changed. One that needs the reader machine counts as readable only if that was available. */
function isChangeable(partitions: Partitions, index: number): boolean {
  const pattern = /^(?:ext[234]|xfs|btrfs|lvm)$/
  return partitions.some((part) => part.index === index && part.readable && pattern.test(part.fileSystem ?? ''))
}

export type CleanFacts = {
  image: { state: string }
  isOn: boolean
  partitions: Partitions | null
  findings: ReadonlyMap<string, Finding>
  refuseFinding: RefuseFinding
  chosen: readonly string[]
  isReset: boolean
}

/**
 * Rule 28: the findings that a clean copy removes: the chosen ones and, for a reset, the cleanable ones of the reset rules. Refuses
 * IMAGE_NOT_AVAILABLE, CHECKS_OFF, FINDING_NOT_FOUND for a finding of other bytes or of an older check, and CLEAN_REFUSED.
 */
export function chooseFindings({
  image,
  isOn,
  partitions,
  findings,
  refuseFinding,
  chosen,
  isReset,
}: CleanFacts):
  | { findings: Finding[] }
  | { refusal: RefusalOf<'IMAGE_NOT_AVAILABLE' | 'CHECKS_OFF' | 'FINDING_NOT_FOUND' | 'CLEAN_REFUSED'> } {
  if (!canImage('copy', image.state)) return { refusal: { code: 'IMAGE_NOT_AVAILABLE', state: image.state } }
  if (!isOn) return { refusal: { code: 'CHECKS_OFF' } }
  if (partitions === null) return { refusal: cleanRefused('NOT_CHECKED') }
  if (!isCleanable(partitions)) return { refusal: cleanRefused('NOTHING_CLEANABLE') }
  const all = new Map<string, Finding>()
  for (const id of chosen) {
    const finding = findings.get(id)
    if (!finding) return { refusal: { code: 'FINDING_NOT_FOUND' } }
    const refusal = refuseCleaning(finding, { partitions, refuseFinding })
    if (refusal) return { refusal }
    all.set(id, finding)
  }
  if (isReset)
    for (const [id, finding] of findings)
      if (resetRules.includes(finding.rule) && !refuseCleaning(finding, { partitions, refuseFinding }))
        all.set(id, finding)
  return { findings: [...all.values()] }
}

/** Refuses to retry a clean copy that has not failed. */
export function refuseRetryCleanCopy(image: {
  state: string
  source: string
  copyOfId: string | null
}): RefusalOf<'IMAGE_BUSY'> | null {
  const isFailed = canImage('retry', image.state) && image.source === 'CLEAN' && image.copyOfId !== null
  return isFailed ? null : { code: 'IMAGE_BUSY', state: image.state }
}

/** A qcow2 has tables beside its data: one byte for each 8 KiB of disk, plus 1 MiB. */
const bytesPerTableByte = 2 ** 13
const tablesMin = 2 ** 20

/**
 * Bytes reserved when a clean copy begins: in the store for its result, in the staging folder for the unpacked disk and the result. The
 * worker adjusts the reservation once it knows how much of the disk is allocated.
 */
export function roomToClean({ size, virtualSize }: { size: number; virtualSize: number }): {
  promised: number
  staged: number
} {
  const promised = size + Math.ceil(virtualSize / bytesPerTableByte) + tablesMin
  return { promised, staged: size + promised }
}
