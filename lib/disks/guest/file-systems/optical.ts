import { type Blocks, readPadded } from '../blocks'
import { type FoundFileSystem, found, usedBytes } from './found'

const volumeAt = 32 * 1024
const sectorBytes = 2048

/** Whether a disk is the image of a CD or DVD. */
export function hasIso(disk: Blocks): boolean {
  return disk.read(volumeAt + 1, 5).toString('latin1') === 'CD001'
}

/** ISO 9660. Its id is the time at which it was made, as tools that list disks show it. */
export function findIso(_head: Buffer, part: Blocks): FoundFileSystem | null {
  if (!hasIso(part)) return null
  const volume = readPadded(part, volumeAt, sectorBytes)
  const made = volume.toString('latin1', 813, 829)
  return found('iso9660', {
    label: volume.toString('latin1', 40, 72),
    uuid: /^\d{16}$/.test(made) ? made.replace(/^(....)(..)(..)(..)(..)(..)(..)$/, '$1-$2-$3-$4-$5-$6-$7') : '',
    used: usedBytes(volume.readUInt32LE(80), 0, volume.readUInt16LE(128)),
    archive: 'Iso',
  })
}
