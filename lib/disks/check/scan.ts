import { type Blocks, partOf } from '../guest/blocks'
import { filesMax as filesListedMax } from '../guest/listing'
import { readPartitionTable } from '../guest/partition-table'
import { loadSevenZip } from '../guest/seven-zip'
import type { Slot } from '../guest/slot'
import { foundHit, searchRanges } from './deep'
import type { Run } from './file-list'
import { createFindings } from './findings'
import { createForeign, type FindReader } from './machine/foreign'
import { checkPartition } from './partition'
import { rulesVersion } from './path-rules'
import type { CheckedPartition, CheckProgress, CheckReport, UncheckedReason } from './report'
import { isZero } from './swap'
import { reasonOf } from './trouble'
import type { Tally } from './volume-files'
import { findAllVolumes } from './volumes'

export type ScanOptions = {
  /** Opens the guest's view of the disk; its reads may throw `UnreadableBlocks`. */
  open: () => Blocks
  deep: boolean
  /** Memory for 7-Zip. */
  memoryBytesMax: number
  /** Maximum number of files of one file system; one with more is not checked completely. */
  filesMax?: number
  /** Starts the machine for file systems that 7-Zip cannot read. */
  findReader?: FindReader
  /** In milliseconds. */
  timeLeft?: () => number
  /** Receives the error message if that machine does not start. */
  onTrouble?: (message: string) => void
  /** Called between files; throws `OutOfTime` when the time is up. */
  checkTime?: () => void
  onProgress: (progress: CheckProgress) => void
  /** Receives the report so far, so that a check that is stopped keeps its partial result. */
  onReport: (report: CheckReport) => void
}

const unlimitedMs = 600_000

/** Checks every partition of a disk. Never throws because of the content. */
export async function checkDisk({
  open,
  deep,
  memoryBytesMax,
  filesMax = filesListedMax,
  checkTime = () => {},
  findReader = async () => null,
  timeLeft = () => unlimitedMs,
  onTrouble = () => {},
  onProgress,
  onReport,
}: ScanOptions): Promise<CheckReport> {
  const started = performance.now()
  const findings = createFindings()
  const tally: Tally = { filesLooked: 0, filesTotal: 0, bytesRead: 0, byPathOnly: 0, notRead: 0 }
  const partitions: CheckedPartition[] = []
  let reason: UncheckedReason | null = null
  let isEmpty = false
  const foreign = createForeign({ findReader, timeLeft, onTrouble, filesMax })
  const report = () => reportOf({ findings, tally, partitions, reason, isEmpty, deep, started })
  try {
    const disk = open()
    const { slots, unread } = readPartitionTable(disk)
    if (unread) reason = unread === 'damaged' ? 'DAMAGED' : 'MEMORY'
    isEmpty = slots.length === 0 && isZero(disk)
    let loading: Promise<Run> | undefined
    const load = () => {
      loading ??= loadSevenZip(memoryBytesMax)
      return loading
    }
    const found = findAllVolumes(slots.map((slot) => partOf(disk, slot.start, slot.size)))
    for (const { blocks, guest } of found.flatMap(({ volumes }) => volumes)) if (blocks && guest) foreign.add(blocks)
    for (const [index, slot] of slots.entries()) {
      const hear = () => {
        const { filesLooked, filesTotal, bytesRead } = tally
        onProgress({ filesLooked, filesTotal, bytesRead, partition: index })
        onReport(report())
      }
      const inside = found[index]
      if (!inside) continue
      const options = { slot, index, found: inside, load, foreign, findings, tally, deep, filesMax, hear, checkTime }
      partitions.push(await checkPartition(options))
      hear()
    }
    if (deep) searchGaps(disk, slots, findings)
  } catch (error) {
    reason ??= reasonOf(error)
  } finally {
    foreign.end()
  }
  return report()
}

/**
 * Searches the space outside partitions, which no clean copy changes because it may hold boot loaders. Its findings are assigned to the
 * partition before them, or to the first.
 */
function searchGaps(disk: Blocks, slots: readonly Slot[], findings: ReturnType<typeof createFindings>) {
  let end = 0
  const sorted = [...slots.entries()].sort(([, a], [, b]) => a.start - b.start)
  const search = (until: number, index: number) => {
    const gap = { start: end, end: until }
    if (until > end) for (const hit of searchRanges(disk, [gap])) findings.add(foundHit(hit, index, 'unused'))
  }
  let before = 0
  for (const [index, slot] of sorted) {
    search(slot.start, before)
    end = Math.max(end, slot.start + slot.size)
    before = index
  }
  if (slots.length > 0) search(disk.size, before)
}

type Parts = {
  findings: ReturnType<typeof createFindings>
  tally: Tally
  partitions: CheckedPartition[]
  reason: UncheckedReason | null
  /** The disk is all zeros, so it holds nothing private. */
  isEmpty: boolean
  deep: boolean
  started: number
}

function reportOf({ findings, tally, partitions, reason, isEmpty, deep, started }: Parts): CheckReport {
  const found = findings.list()
  const hasFiles = partitions.some(
    ({ readable, fileSystem }) => readable && fileSystem !== null && fileSystem !== 'swap',
  )
  const why =
    reason ??
    partitions.find((partition) => partition.reason)?.reason ??
    (hasFiles || isEmpty ? null : 'NOTHING_READABLE')
  return {
    verdict: found.findings.length > 0 ? 'findings' : why ? 'unchecked' : 'clean',
    reason: why,
    rulesVersion,
    isDeep: deep,
    partitions: [...partitions],
    files: tally.filesTotal,
    bytes: tally.bytesRead,
    seconds: Math.round(performance.now() - started) / 1000,
    filesByPathOnly: tally.byPathOnly,
    filesNotRead: tally.notRead,
    ...found,
  }
}
