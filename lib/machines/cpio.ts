/** An entry of a cpio archive; its name has no leading slash, and a folder precedes its content. */
export type ArchiveEntry = { name: string } & (
  | { kind: 'folder' }
  | { kind: 'program'; bytes: Buffer }
  | { kind: 'link'; target: string }
  | { kind: 'device'; major: number; minor: number }
)

const modes = { folder: 0o040755, program: 0o100755, link: 0o120777, device: 0o020600 }

/** A cpio archive in the `newc` format, which the Linux kernel unpacks as its initramfs. All files belong to root. */
export function cpioArchive(entries: ArchiveEntry[]): Buffer {
  const records = entries.map((entry, index) => record(entry, index + 1))
  return Buffer.concat([...records, record({ name: 'TRAILER!!!', kind: 'program', bytes: Buffer.alloc(0) }, 0)])
}

function record(entry: ArchiveEntry, inode: number): Buffer {
  const name = Buffer.from(`${entry.name}\0`)
  const content = entry.kind === 'program' ? entry.bytes : Buffer.from(entry.kind === 'link' ? entry.target : '')
  const device = entry.kind === 'device' ? [entry.major, entry.minor] : [0, 0]
  const links = entry.kind === 'folder' ? 2 : 1
  const fields = [inode, modes[entry.kind], 0, 0, links, 0, content.length, 0, 0, ...device, name.length, 0]
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  return Buffer.concat([padded(Buffer.concat([Buffer.from(head), name])), padded(content)])
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}
