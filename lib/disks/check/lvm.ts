import { crc32 } from 'node:zlib'
import { type Blocks, makeBlocks, readPadded } from '../guest/blocks'
import type { Range } from './clear-bits'
import { type LvmSection, type LvmValue, NotLvmText, parseLvmText } from './lvm-metadata'

/** A logical volume. `blocks` is null if it is not linear on this partition. */
export type LogicalVolume = { name: string; blocks: Blocks | null; pieces: readonly Extents[] | null }
/**
 * `isPlain`: the group is on this partition alone, all active metadata areas agree, and no two volumes, hidden ones included, share an
 * extent; so writing to one changes no other. Then `free` are the unallocated extents. `unused` are the other ranges outside volumes:
 * the metadata, and the unallocated extents of a group that is not plain.
 */
export type VolumeGroup = { volumes: LogicalVolume[]; isPlain: boolean; free: Range[]; unused: Range[] }

const sectorBytes = 512
const textBytesMax = 1024 ** 2
const segmentsMax = 10_000
const areasMax = 16
const areaMark = ' LVM2 x[5A%r0N*>'
const areaHeadBytes = 512
/** Bytes at the start of a partition in which the label may be. */
const labelBytes = 4 * sectorBytes

/** A segment of a volume in bytes: its offset in the volume, its length, and its offset on the partition. */
export type Extents = { start: number; count: number; from: number }
/** A metadata area. */
type Area = { at: number; size: number }
/** `own`: for each name of this physical volume, the range of its extents in bytes. */
type Group = {
  name: string
  text: LvmSection
  extentBytes: number
  own: ReadonlyMap<string, Range>
  isAlone: boolean
  /** Incremented with each change of the group. */
  seqno: number
}
type Described = { group: Group; isWhole: boolean }

/**
 * The volumes of a physical volume's group, named `group/volume`; null if the metadata is invalid or lists more than `volumesMax`.
 * Volumes with a part on another partition, and mirrored, striped, thin and cached ones, have no blocks here.
 */
export function volumeGroup(part: Blocks, volumesMax: number): VolumeGroup | null {
  const label = labelOf(part)
  const described = label && newestGroup(part, label)
  if (!described) return null
  const { group } = described
  const all = sectionsIn(group.text, 'logical_volumes').map(([name, volume]) => ({
    name: `${group.name}/${name}`,
    isVisible: isVisible(volume),
    pieces: piecesOf(volume, group),
  }))
  const volumes = all
    .filter((volume) => volume.isVisible)
    .map(({ name, pieces }) => ({ name, pieces, blocks: pieces && blocksOf(part, pieces) }))
  if (volumes.length > volumesMax) return null
  const place = placeOf(part, group, label.areas)
  const taken = all.flatMap(({ pieces }) => rangesOf(pieces))
  const isPlain = described.isWhole && place !== null && all.every(({ pieces }) => pieces) && areApart(taken, place)
  const free = isPlain ? gapsBetween(taken, place) : []
  const known = [...volumes.flatMap(({ pieces }) => rangesOf(pieces)), ...free]
  return { volumes, isPlain, free, unused: gapsBetween(known, { start: 0, end: part.size }) }
}

function rangesOf(pieces: readonly Extents[] | null): Range[] {
  return (pieces ?? []).map(({ from, count }) => ({ start: from, end: from + count }))
}

/**
 * The range of the extents if the group has one physical volume, inside this partition and apart from its metadata areas; null
 * otherwise.
 */
function placeOf(part: Blocks, { own, isAlone }: Group, areas: readonly Area[]): Range | null {
  const [place] = [...own.values()]
  if (!place || !isAlone || !Number.isSafeInteger(place.start) || !Number.isSafeInteger(place.end)) return null
  const isBeside = areas.every(({ at, size }) => at + size <= place.start || at >= place.end)
  return isBeside && place.start >= labelBytes && place.end <= part.size ? place : null
}

/** Whether all ranges are inside another and none overlap. */
function areApart(ranges: readonly Range[], { start, end }: Range): boolean {
  let at = start
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) {
    if (range.start < at) return false
    at = range.end
  }
  return at <= end
}

function gapsBetween(ranges: readonly Range[], { start: from, end: until }: Range): Range[] {
  const gaps: Range[] = []
  let at = from
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    if (start > at && at < until) gaps.push({ start: at, end: Math.min(start, until) })
    at = Math.max(at, end)
  }
  if (at < until) gaps.push({ start: at, end: until })
  return gaps
}

/** UUID and metadata areas of a physical volume. */
function labelOf(part: Blocks): { uuid: string; areas: Area[] } | null {
  const head = readPadded(part, 0, labelBytes)
  const at = [0, 1, 2, 3]
    .map((sector) => sector * sectorBytes)
    .find((start) => head.toString('latin1', start, start + 8) === 'LABELONE')
  if (at === undefined) return null
  const described = at + head.readUInt32LE(at + 20)
  const uuid = head.toString('latin1', described, described + 32)
  // Two lists, each ended by zeros: data areas, then metadata areas.
  const lists: Area[][] = [[], []]
  let place = described + 40
  for (const list of lists)
    while (place + 16 <= head.length) {
      const found = { at: Number(head.readBigUInt64LE(place)), size: Number(head.readBigUInt64LE(place + 8)) }
      place += 16
      if (found.at === 0) break
      if (list.length < areasMax) list.push(found)
    }
  return { uuid, areas: lists[1] ?? [] }
}

/**
 * The newest metadata of a group. LVM leaves an ignored area outdated, and an area that missed a change is older. `isWhole`: all active
 * areas hold it, with a valid checksum.
 */
function newestGroup(part: Blocks, { uuid, areas }: { uuid: string; areas: readonly Area[] }): Described | null {
  const all = areas.map((area) => textOf(part, area))
  const used = all.filter((text) => !text?.isIgnored)
  const readable = (used.some((text) => text) ? used : all).flatMap((text) => {
    const group = text && groupOf(uuid, text.text)
    return group ? [{ group, isWhole: text.isWhole }] : []
  })
  // Metadata with a wrong checksum is used only if there is no other.
  const [newest] = readable.toSorted(
    (one, other) => Number(other.isWhole) - Number(one.isWhole) || other.group.seqno - one.group.seqno,
  )
  const isSame = ({ group, isWhole }: Described) => isWhole && group.seqno === newest?.group.seqno
  return newest ? { ...newest, isWhole: readable.length === used.length && readable.every(isSame) } : null
}

/** The text of a metadata area, which is a ring buffer behind a header; null if there is none. */
function textOf(part: Blocks, area: Area): { text: string; isIgnored: boolean; isWhole: boolean } | null {
  const head = readPadded(part, area.at, areaHeadBytes)
  const offset = Number(head.readBigUInt64LE(40))
  const size = Number(head.readBigUInt64LE(48))
  const isThere = head.toString('latin1', 4, 20) === areaMark && offset >= areaHeadBytes && offset < area.size
  if (!isThere || size === 0 || size > textBytesMax || size > area.size) return null
  const first = Math.min(size, area.size - offset)
  const pieces = [readAll(part, area.at + offset, first), readAll(part, area.at + areaHeadBytes, size - first)]
  const bytes = Buffer.concat(pieces)
  return {
    text: bytes.toString('utf8').replaceAll('\0', ''),
    isIgnored: (head.readUInt32LE(60) & 1) === 1,
    isWhole: lvmChecksum(bytes) === head.readUInt32LE(56),
  }
}

/** CRC-32 with LVM's initial value, not inverted. */
export function lvmChecksum(bytes: Uint8Array): number {
  return ~crc32(bytes, ~0xf597a6cf >>> 0) >>> 0
}

function readAll(part: Blocks, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  fillFrom(part, bytes, at)
  return bytes
}

function fillFrom(blocks: Blocks, into: Uint8Array, offset: number): number {
  let done = 0
  while (done < into.length) {
    const read = blocks.readInto(into.subarray(done), offset + done)
    if (read === 0) break
    done += read
  }
  return done
}

function groupOf(uuid: string, text: string): Group | null {
  try {
    const [named] = [...parseLvmText(text)].flatMap(([name, value]) => {
      const section = sectionOf(value)
      return section ? [{ name, section }] : []
    })
    if (!named) return null
    const extentBytes = numberOf(named.section.get('extent_size')) * sectorBytes
    const own = new Map<string, Range>()
    const physical = sectionsIn(named.section, 'physical_volumes')
    for (const [name, volume] of physical) {
      if (String(volume.get('id')).replaceAll('-', '') !== uuid) continue
      const start = numberOf(volume.get('pe_start')) * sectorBytes
      own.set(name, { start, end: start + numberOf(volume.get('pe_count')) * extentBytes })
    }
    const isAlone = physical.length === 1
    const seqno = numberOf(named.section.get('seqno'))
    const isGroup = extentBytes > 0 && own.size > 0 && Number.isSafeInteger(seqno)
    return isGroup ? { name: named.name, text: named.section, extentBytes, own, isAlone, seqno } : null
  } catch (error) {
    if (error instanceof NotLvmText) return null
    throw error
  }
}

/** Hidden volumes are parts of others. */
function isVisible(volume: LvmSection): boolean {
  const status = volume.get('status')
  return Array.isArray(status) && status.includes('VISIBLE')
}

/** The segments of a volume in order; null if they leave a gap or one is not linear. */
function piecesOf(volume: LvmSection, group: Group): Extents[] | null {
  const segments = [...volume].flatMap(([name, value]) => {
    const section = /^segment\d+$/.test(name) ? sectionOf(value) : null
    return section ? [section] : []
  })
  const pieces: Extents[] = []
  for (const segment of segments.slice(0, segmentsMax)) {
    const piece = pieceOf(segment, group)
    if (!piece) return null
    pieces.push(piece)
  }
  pieces.sort((one, other) => one.start - other.start)
  let size = 0
  for (const { start, count } of pieces) {
    if (start !== size) return null
    size += count
  }
  return segments.length > segmentsMax || !Number.isSafeInteger(size) || size === 0 ? null : pieces
}

function blocksOf(part: Blocks, pieces: readonly Extents[]): Blocks {
  const size = pieces.reduce((sum, { count }) => sum + count, 0)
  const pieceAt = (offset: number) => pieces.findLast(({ start }) => start <= offset)
  const skipHole = (offset: number) => {
    const piece = pieceAt(offset)
    if (!piece) return offset
    const { start, count, from } = piece
    const place = from + offset - start
    // Outside the partition `fill` returns only zeros.
    return place < part.size ? Math.min(part.skipHole(place) - from + start, start + count) : start + count
  }
  const fill = (into: Uint8Array, offset: number) => {
    const piece = pieceAt(offset)
    if (!piece) return 0
    const inside = into.subarray(0, Math.min(into.length, piece.start + piece.count - offset))
    const read = fillFrom(part, inside, piece.from + offset - piece.start)
    // Data outside the partition is unknown; the rest of the volume is still read.
    inside.fill(0, read)
    return inside.length
  }
  return makeBlocks(size, fill, skipHole)
}

/** A segment in bytes; null if it is not linear. */
function pieceOf(segment: LvmSection, { extentBytes, own }: Group): Extents | null {
  const stripes = segment.get('stripes')
  if (segment.get('type') !== 'striped' || segment.get('stripe_count') !== 1 || !Array.isArray(stripes)) return null
  const dataStart = own.get(String(stripes[0]))?.start
  if (dataStart === undefined) return null
  const start = numberOf(segment.get('start_extent')) * extentBytes
  const count = numberOf(segment.get('extent_count')) * extentBytes
  const from = dataStart + numberOf(stripes[1]) * extentBytes
  return [start, count, from].every((bytes) => Number.isSafeInteger(bytes)) && count > 0 ? { start, count, from } : null
}

function sectionsIn(section: LvmSection, name: string): [string, LvmSection][] {
  return [...(sectionOf(section.get(name)) ?? [])].flatMap(([key, value]): [string, LvmSection][] => {
    const inner = sectionOf(value)
    return inner ? [[key, inner]] : []
  })
}

function sectionOf(value: LvmValue | undefined): LvmSection | null {
  return value instanceof Map ? value : null
}

function numberOf(value: LvmValue | undefined): number {
  return typeof value === 'number' && value >= 0 ? value : Number.NaN
}
