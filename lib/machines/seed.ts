import type { MachineLogin } from './machine'

const sector = 512
const sectors = 720
const sectorsPerFat = 3
const rootEntries = 112
const reserved = 1
const firstData = reserved + 2 * sectorsPerFat + (rootEntries * 32) / sector
const clusterBytes = 2 * sector
const endOfFile = 0xfff

/**
 * The volume that cloud-init reads at the first boot, its "NoCloud" source: a FAT12 volume of 360 KiB labelled `cidata`. Its instance
 * id contains the build id, so cloud-init sees a rebuilt machine as new, and a restarted one not.
 */
export function seedVolume(instanceId: string, login: MachineLogin): Buffer {
  const meta = [`instance-id: ${instanceId}`, `local-hostname: ${login.hostName}`]
  // In the metadata too, so that custom user data does not remove the key.
  if (login.sshKey !== null) meta.push('public-keys:', `  - ${JSON.stringify(login.sshKey)}`)
  const user = login.userData ?? cloudConfig(login.sshKey)
  return fatVolume('cidata', {
    'meta-data': `${meta.join('\n')}\n`,
    'user-data': user,
    'network-config': 'version: 2\nethernets:\n  all:\n    match:\n      name: "e*"\n    dhcp4: true\n',
  })
}

/** JSON strings are valid YAML strings. */
function cloudConfig(sshKey: string | null): string {
  const keys = sshKey === null ? '' : `ssh_authorized_keys:\n  - ${JSON.stringify(sshKey)}\n`
  return `#cloud-config\n${keys}`
}

function fatVolume(label: string, files: Record<string, string>): Buffer {
  const volume = Buffer.alloc(sectors * sector)
  writeBootSector(volume, label)
  const entries: Buffer[] = [labelEntry(label)]
  let cluster = 2
  for (const [index, [name, text]] of Object.entries(files).entries()) {
    const bytes = Buffer.from(text)
    const count = Math.max(1, Math.ceil(bytes.length / clusterBytes))
    const offset = firstData * sector + (cluster - 2) * clusterBytes
    if (offset + count * clusterBytes > volume.length) throw new RangeError('The seed does not fit its volume.')
    bytes.copy(volume, offset)
    for (let at = cluster; at < cluster + count; at++)
      writeFat(volume, at, at + 1 < cluster + count ? at + 1 : endOfFile)
    entries.push(...fileEntries(name, index + 1, cluster, bytes.length))
    cluster += count
  }
  const root = Buffer.concat(entries)
  if (root.length > rootEntries * 32) throw new RangeError('The seed has too many files.')
  root.copy(volume, (reserved + 2 * sectorsPerFat) * sector)
  return volume
}

function writeBootSector(volume: Buffer, label: string): void {
  volume.set([0xeb, 0x3c, 0x90])
  volume.write('MSWIN4.1', 3)
  volume.writeUInt16LE(sector, 11)
  volume[13] = clusterBytes / sector
  volume.writeUInt16LE(reserved, 14)
  volume[16] = 2
  volume.writeUInt16LE(rootEntries, 17)
  volume.writeUInt16LE(sectors, 19)
  volume[21] = 0xfd
  volume.writeUInt16LE(sectorsPerFat, 22)
  volume.writeUInt16LE(9, 24)
  volume.writeUInt16LE(2, 26)
  volume[38] = 0x29
  volume.writeUInt32LE(0x0ec5c10d, 39)
  volume.write(label.padEnd(11), 43)
  volume.write('FAT12   ', 54)
  volume.writeUInt16LE(0xaa55, 510)
  writeFat(volume, 0, 0xffd)
  writeFat(volume, 1, endOfFile)
}

/** Twelve bits for each cluster, in both tables. */
function writeFat(volume: Buffer, cluster: number, value: number): void {
  for (const table of [reserved, reserved + sectorsPerFat]) {
    const at = table * sector + Math.floor(cluster * 1.5)
    const pair = volume.readUInt16LE(at)
    const isOdd = cluster % 2 === 1
    volume.writeUInt16LE(isOdd ? (pair & 0x000f) | (value << 4) : (pair & 0xf000) | value, at)
  }
}

function labelEntry(label: string): Buffer {
  const entry = Buffer.alloc(32)
  entry.write(label.padEnd(11))
  entry[11] = 0x08
  return entry
}

/** Directory entries of a file with its long name, and a short one for readers without long names. */
function fileEntries(name: string, number: number, cluster: number, size: number): Buffer[] {
  const short = `${name
    .slice(0, 6)
    .replace(/[^a-z]/g, '_')
    .toUpperCase()}~${number}`.padEnd(11)
  const entry = Buffer.alloc(32)
  entry.write(short)
  entry[11] = 0x20
  entry.writeUInt16LE(cluster, 26)
  entry.writeUInt32LE(size, 28)
  return [...longNameEntries(name, checksum(entry.subarray(0, 11))), entry]
}

function longNameEntries(name: string, sum: number): Buffer[] {
  const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]
  const count = Math.ceil(name.length / places.length)
  return Array.from({ length: count }, (_, index) => {
    const number = count - index
    const entry = Buffer.alloc(32)
    entry[0] = number | (index === 0 ? 0x40 : 0)
    entry[11] = 0x0f
    entry[13] = sum
    for (const [at, place] of places.entries()) {
      const position = (number - 1) * places.length + at
      const code = position < name.length ? name.charCodeAt(position) : position === name.length ? 0 : 0xffff
      entry.writeUInt16LE(code, place)
    }
    return entry
  })
}

function checksum(short: Buffer): number {
  return short.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0)
}
