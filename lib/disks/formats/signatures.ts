import { type Edges, tailBytes } from './format'

type Mark = { at: number; bytes: Buffer }
type Signature = { id: string; marks: readonly Mark[]; overRaw?: true }

/** Formats that are refused by name. `overRaw`: the file also looks like a raw disk by design. */
const signatures: readonly Signature[] = [
  { id: 'qed', marks: [text(0, 'QED\0')] },
  { id: 'luks', marks: [hex(0, '4c554b53babe')] },
  { id: 'parallels', marks: [text(0, 'WithoutFreeSpace'), text(0, 'WithouFreSpacExt')] },
  { id: 'dmg', marks: [text(-512, 'koly')], overRaw: true },
  { id: 'wim', marks: [text(0, 'MSWIM\0\0\0')] },
  { id: 'simg', marks: [hex(0, '3aff26ed')] },
  { id: 'gzip', marks: [hex(0, '1f8b08')] },
  { id: 'xz', marks: [hex(0, 'fd377a585a00')] },
  { id: 'zstd', marks: [hex(0, '28b52ffd')] },
  { id: 'bzip2', marks: [text(0, 'BZh')] },
  { id: 'lz4', marks: [hex(0, '04224d18')] },
  { id: '7z', marks: [hex(0, '377abcaf271c')] },
  { id: 'rar', marks: [text(0, 'Rar!\x1a\x07')] },
  { id: 'zip', marks: [text(0, 'PK\x03\x04')] },
  { id: 'tar', marks: [text(257, 'ustar')] },
]

/** The known but unaccepted formats whose marks the file has. */
export function findSignatures(edges: Edges): readonly { id: string; overRaw?: true }[] {
  return signatures.filter((signature) => signature.marks.some((mark) => hasMark(edges, mark)))
}

function hasMark({ head, tail }: Edges, { at, bytes }: Mark): boolean {
  const [edge, start] = at < 0 ? [tail, tailBytes + at] : [head, at]
  return edge.subarray(start, start + bytes.length).equals(bytes)
}

function text(at: number, mark: string): Mark {
  return { at, bytes: Buffer.from(mark, 'latin1') }
}

function hex(at: number, mark: string): Mark {
  return { at, bytes: Buffer.from(mark, 'hex') }
}
