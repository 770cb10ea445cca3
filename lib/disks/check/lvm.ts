import { crc32 } from 'node:zlib'
import { type Blocks, makeBlocks, readPadded } from '../guest/blocks'
import type { Range } from './clear-bits'
import { type LvmSection, type LvmValue, NotLvmText, parseLvmText } from './lvm-metadata'

/** A volume of a group. `blocks` is null where it does not lie in one piece after the other on this partition. */
export type LogicalVolume = { name: string; blocks: Blocks | null; pieces: readonly Extents[] | null }
/**
 * `isPlain`: the group is on this partition alone, is described the same in all areas in use, and each of its volumes, the hidden
 * ones too, has extents of its own; so writing to one changes no other. `free` are the extents of none then. `unused` are the other
 * pieces of the partition in no volume: the text of the group, and the free extents where the group is not plain.
 */
export type VolumeGroup = { volumes: LogicalVolume[]; isPlain: boolean; free: Range[]; unused: Range[] }

const sectorBytes = 512
const textBytesMax = 1024 ** 2
const segmentsMax = 10_000
const areasMax = 16
const areaMark = ' LVM2 x[5A%r0N*>'
const areaHeadBytes = 512
/** Where a label may be. */
const labelBytes = 4 * sectorBytes

/** A piece of a volume in bytes: from where of the volume, how many, and from where on the partition. */
export type Extents = { start: number; count: number; from: number }
/** Where descriptions of a group are. */
type Area = { at: number; size: number }
/** `own` are the names of this physical volume, with the first byte of its extents and the one behind them. */
type Group = {
  name: string
  text: LvmSection
  extentBytes: number
  own: ReadonlyMap<string, Range>
  isAlone: boolean
  /** Grows with each change of the group. */
  seqno: number
}
type Described = { group: Group; isWhole: boolean }

/**
 * The volumes of the group that a physical volume belongs to, named `group/volume`: null where it says nothing that makes
 * sense, or describes more than `volumesMax`. Volumes of which a part lies on another partition, and mirrored, striped, thin and cached ones, have no blocks here.
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

/** Where the extents of a group are that has one physical volume, in this partition and beside its descriptions; null for any other. */
function placeOf(part: Blocks, { own, isAlone }: Group, areas: readonly Area[]): Range | null {
  const [place] = [...own.values()]
  if (!place || !isAlone || !Number.isSafeInteger(place.start) || !Number.isSafeInteger(place.end)) return null
  const isBeside = areas.every(({ at, size }) => at + size <= place.start || at >= place.end)
  return isBeside && place.start >= labelBytes && place.end <= part.size ? place : null
}

/** Whether ranges lie in another, and none over another. */
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

/** The id of a physical volume, and where its descriptions of the group are. */
function labelOf(part: Blocks): { uuid: string; areas: Area[] } | null {
  const head = readPadded(part, 0, labelBytes)
  const at = [0, 1, 2, 3]
    .map((sector) => sector * sectorBytes)
    .find((start) => head.toString('latin1', start, start + 8) === 'LABELONE')
  if (at === undefined) return null
  const described = at + head.readUInt32LE(at + 20)
  const uuid = head.toString('latin1', described, described + 32)
  // Two lists of places, each ended by a place of zeros: what holds data, then what holds descriptions.
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
 * The newest description of a group: LVM leaves an ignored area as it was, and one that missed a change is older. `isWhole`: all
 * areas in use have it, with its checksum.
 */
function newestGroup(part: Blocks, { uuid, areas }: { uuid: string; areas: readonly Area[] }): Described | null {
  const all = areas.map((area) => textOf(part, area))
  const used = all.filter((text) => !text?.isIgnored)
  const readable = (used.some((text) => text) ? used : all).flatMap((text) => {
    const group = text && groupOf(uuid, text.text)
    return group ? [{ group, isWhole: text.isWhole }] : []
  })
  // Texts that are not whole are only read where there is no other.
  const [newest] = readable.toSorted(
    (one, other) => Number(other.isWhole) - Number(one.isWhole) || other.group.seqno - one.group.seqno,
  )
  const isSame = ({ group, isWhole }: Described) => isWhole && group.seqno === newest?.group.seqno
  return newest ? { ...newest, isWhole: readable.length === used.length && readable.every(isSame) } : null
}

/** The text of an area, which lies in a ring behind its head; null where there is none. */
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

/** CRC-32 as LVM computes it: with another beginning, and not inverted. */
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

/** The pieces of a volume in their order; null where they do not follow each other, or one lies in another way. */
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
    // Outside the partition there is nothing but the zeros that `fill` gives.
    return place < part.size ? Math.min(part.skipHole(place) - from + start, start + count) : start + count
  }
  const fill = (into: Uint8Array, offset: number) => {
    const piece = pieceAt(offset)
    if (!piece) return 0
    const inside = into.subarray(0, Math.min(into.length, piece.start + piece.count - offset))
    const read = fillFrom(part, inside, piece.from + offset - piece.start)
    // Of what lies outside the partition nothing is known; the rest of the volume is still read.
    inside.fill(0, read)
    return inside.length
  }
  return makeBlocks(size, fill, skipHole)
}

/** A segment in bytes: of the volume, and from where on the partition. */
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
