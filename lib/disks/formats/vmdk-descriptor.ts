import { type DiskRefusal, refuseDisk } from '../reasons'

const sectorBytes = 512
/** Products write 20 sectors. This many are always within `head`. */
const sectorsMax = 64
/** QEMU searches this many sectors for a parent, wherever the text ends. */
const sectorsSearched = 20
/** QEMU rewrites the text with another CID, up to seven digits shorter, and leaves the end of the longer text behind it. */
const leftMax = 8
const opening = '# disk descriptorfile'
const noParent = 'ffffffff'

const acceptedKinds = ['monolithicSparse', 'streamOptimized'] as const
/** The other known types. A refusal may name one of these, and never other text from the file. */
const otherKinds = [
  'monolithicFlat',
  'twoGbMaxExtentSparse',
  'twoGbMaxExtentFlat',
  'fullDevice',
  'partitionedDevice',
  'vmfs',
  'vmfsSparse',
  'vmfsThin',
  'vmfsRaw',
  'vmfsRawDeviceMap',
  'vmfsPassthroughRawDeviceMap',
  'vmfsRDM',
  'vmfsRDMP',
  'seSparse',
  'vsanSparse',
  'custom',
] as const

type Place = { at: bigint; sectors: bigint; isCompressed: boolean }

/** `isThisFile`: the extent is sparse, and its name is not a path. */
type Extent = { isThisFile: boolean }
/** A parsed descriptor; keys are lower case. */
type Descriptor = { ok: true; keys: ReadonlyMap<string, string>; extents: readonly Extent[] } | DiskRefusal

const knownKeys: readonly string[] = ['version', 'encoding', 'cid', 'parentcid', 'createtype', 'isnativesnapshot']

/** Tools require different lines; text counts as a descriptor if any of them would take it for a VMDK. */
export function isDescriptor(head: Buffer): boolean {
  const lines = head.toString('latin1', 0, 4096).split('\n')
  if (lines[0]?.toLowerCase().startsWith(opening)) return true
  const first = lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'))
  return first !== undefined && /^version=[1-3]$/.test(first)
}

/** The type that a descriptor states, if it is a known one. */
export function kindOf(head: Buffer): string {
  const kind = /^[ \t]*createType[ \t]*=[ \t]*"([^"\n]{0,64})"/im.exec(head.toString('latin1', 0, 16 * 1024))?.[1]
  return knownKind(kind)
}

/** Refuses a descriptor that names a parent or another file: a tool would follow it and read any file on its host. */
export function refuseDescriptor(head: Buffer, place: Place): DiskRefusal | null {
  const searched = head.toString('latin1', sectorBytes, sectorBytes * (1 + sectorsSearched)).toLowerCase()
  // Also in a comment or behind the end of the text, since a tool need not search by lines.
  if (searched.includes('parentfilenamehint')) return refuseDisk('backing-file')
  if (place.at === 0n || place.sectors === 0n) return refuseDisk('bad-descriptor', { problem: 'missing' })
  if (place.at !== 1n) return refuseDisk('bad-descriptor', { problem: 'place' })
  if (place.sectors > sectorsMax) return refuseDisk('bad-descriptor', { problem: 'size' })
  const bytes = head.subarray(sectorBytes, sectorBytes * (1 + Number(place.sectors)))
  // The text may fill its sectors without a zero byte at the end.
  const end = bytes.includes(0) ? bytes.indexOf(0) : bytes.length
  // A part of a split disk reserves space for a descriptor but has none.
  if (end === 0) return refuseDisk('bad-descriptor', { problem: 'missing' })
  const text = bytes.toString('latin1', 0, end)
  const left = bytes.toString('latin1', end, bytes.findLastIndex((byte) => byte !== 0) + 1)
  const isOfLonger = left.length <= leftMax && left.split(/\0+/).every((part) => text.endsWith(part))
  if (!isOfLonger) return refuseDisk('bad-descriptor', { problem: 'end' })
  const descriptor = readDescriptor(text)
  return descriptor.ok ? refuseContent(descriptor, place.isCompressed) : descriptor
}

function readDescriptor(text: string): Descriptor {
  const keys = new Map<string, string>()
  const extents: Extent[] = []
  const lines = text.split('\n').map((line) => line.trim())
  for (const line of lines) {
    // Comments may hold anything; the first line is like any other. For some readers a carriage return ends the line, and so the
    // comment.
    const isComment = line.startsWith('#') && !line.includes('\r')
    if (line === '' || isComment) continue
    if (/[^\t\x20-\x7e\x80-\xff]/.test(line)) return refuseDisk('bad-descriptor', { problem: 'line' })
    const extent = readExtent(line)
    if (extent) {
      extents.push(extent)
      continue
    }
    const [, key, quoted, value = quoted] = /^([\w.]+)\s*=\s*(?:"([^"]*)"|([^"]*))$/.exec(line) ?? []
    if (key === undefined || value === undefined) return refuseDisk('bad-descriptor', { problem: 'line' })
    const name = key.toLowerCase()
    // Tools differ in which of two values they use.
    if (keys.has(name)) return refuseDisk('bad-descriptor', { problem: 'key' })
    keys.set(name, value.trim())
  }
  return { ok: true, keys, extents }
}

// Access, sectors, type and name: RW 8192 SPARSE "disk.vmdk". Other types add an offset in that file. A name may hold any characters
// that do not make it a path, a drive or a protocol.
function readExtent(line: string): Extent | null {
  if (!/^(?:RW|RDONLY|NOACCESS)\b/i.test(line)) return null
  const name = /^(?:RW|RDONLY)\s+\d+\s+SPARSE\s+"([^"]*)"(?:\s+0)?$/i.exec(line)?.[1]
  return { isThisFile: name !== undefined && !/[/\\]|^[\w+.-]*:|^\.*$/.test(name) }
}

function refuseContent({ keys, extents }: Descriptor & { ok: true }, isCompressed: boolean): DiskRefusal | null {
  for (const [key, value] of keys) {
    const isParent = key.includes('parent') || key === 'isnativesnapshot'
    if (isParent && !isNoParent(key, value)) return refuseDisk('backing-file')
  }
  const kind = knownKind(keys.get('createtype'))
  if (!acceptedKinds.some((accepted) => accepted === kind)) return refuseDisk('unsupported-kind', { kind })
  const [extent, second] = extents
  if (second || (extent && !extent.isThisFile)) return refuseDisk('external-data-file')
  if (!extent) return refuseDisk('bad-descriptor', { problem: 'extent' })
  if (['version', 'cid', 'parentcid'].some((key) => !keys.has(key))) {
    return refuseDisk('bad-descriptor', { problem: 'identity' })
  }
  if ([...keys.keys()].some((key) => !knownKeys.includes(key) && !key.startsWith('ddb.'))) {
    return refuseDisk('bad-descriptor', { problem: 'key' })
  }
  return isCompressed === (kind === 'streamOptimized') ? null : refuseDisk('bad-header', { field: 'compression' })
}

// VirtualBox writes a parent UUID into every disk, all zeros if there is no parent.
function isNoParent(key: string, value: string): boolean {
  if (key === 'parentcid') return value.toLowerCase() === noParent
  if (key === 'isnativesnapshot') return value.toLowerCase() === 'no'
  return key.startsWith('ddb.uuid.') && /^[0-]*$/.test(value)
}

function knownKind(kind: string | undefined): string {
  const known = [...acceptedKinds, ...otherKinds].find((name) => name.toLowerCase() === kind?.toLowerCase())
  return known ?? 'other'
}
