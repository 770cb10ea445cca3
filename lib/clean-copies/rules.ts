import type { Finding } from '@/lib/disks/check/report'
import type { CleanRefusal } from '@/lib/disks/clean/plan'
import { canImage } from '@/lib/images/rules'
import type { RefusalOf } from '@/lib/result'

/** Most findings that are chosen at once: a report lists no more. */
export const chosenMax = 2_000

/**
 * What a machine has become by running: its identity, logs and histories. A clean copy resets all of it at one
 * choice.
 */
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

/** Why a disk is not cleaned, with empty facts where there are none. */
export function cleanRefused(reason: string, facts: Partial<Omit<CleanRefused, 'code' | 'reason'>> = {}): CleanRefused {
  const { path = '', package: owner = '', partition = 0 } = facts
  return { code: 'CLEAN_REFUSED', reason, path, package: owner, partition }
}

export type RefuseFinding = (finding: Finding) => CleanRefusal | null

/**
 * Whether a clean copy can deal with a finding: not with a file of a package, not where a person has to decide, and a file only
 * on ext2, ext3, ext4, XFS and Btrfs, or in a group of LVM of which every volume was read.
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
  // Free space and swap space are dealt with as a whole, also of a volume, whose name is the path then.
  if (finding.path === '' || finding.rule === 'deleted-secret') return null
  return isChangeable(partitions, finding.partition)
    ? null
    : cleanRefused('UNSUPPORTED_FILE_SYSTEM', { path: finding.path, partition: finding.partition + 1 })
}

/** Whether anything of a disk can be cleaned: the files and the free space of ext, XFS and Btrfs, the free space of FAT, swap space, volumes of LVM. */
export function isCleanable(partitions: Partitions): boolean {
  return partitions.some(
    ({ fileSystem, readable }) =>
      readable && /^(?:ext[234]|xfs|btrfs|fat(?:12|16|32)|swap|lvm)$/.test(fileSystem ?? ''),
  )
}

/** Whether files can be changed on a partition. One that only a machine can read is readable where there is one. */
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
 * Rule 28: the findings that a clean copy deals with: the chosen ones and, for a reset, those of the reset rules that can be dealt with.
 * Refuses IMAGE_NOT_AVAILABLE, CHECKS_OFF, FINDING_NOT_FOUND for a finding of other bytes or of an older check, and
 * CLEAN_REFUSED.
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

/** Whether a clean copy can be retried: once it has failed. */
export function refuseRetryCleanCopy(image: {
  state: string
  source: string
  copyOfId: string | null
}): RefusalOf<'IMAGE_BUSY'> | null {
  const isFailed = canImage('retry', image.state) && image.source === 'CLEAN' && image.copyOfId !== null
  return isFailed ? null : { code: 'IMAGE_BUSY', state: image.state }
}

/** A packed disk has tables that its size does not count: one byte for each 8 KiB of disk, and the first ones. */
const bytesPerTableByte = 2 ** 13
const tablesMin = 2 ** 20

/**
 * Bytes that are reserved when a clean copy begins: of the store for its result, of the staging folder for the unpacked disk
 * and the result. The worker reserves anew once it has read how much of the disk is allocated.
 */
export function roomToClean({ size, virtualSize }: { size: number; virtualSize: number }): {
  promised: number
  staged: number
} {
  const promised = size + Math.ceil(virtualSize / bytesPerTableByte) + tablesMin
  return { promised, staged: size + promised }
}
