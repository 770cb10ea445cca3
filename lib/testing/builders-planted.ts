import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { runTool } from '@/lib/disks/fixtures/tools'
import { buildFat16 } from '@/lib/disks/samples/fat16'
import { beginImport } from '@/lib/imports/writes'
import { storeOf } from '@/lib/stores/store'
import { claimPlace, settleTransfer } from '@/lib/transfers/writes'
import type { TestAccount } from './builders'

/** A unique secret, for tests that search where it was written. */
export function newSecret(): string {
  return randomBytes(36).toString('base64').replaceAll('+', 'A').replaceAll('/', 'B')
}

export function plantedDisk(secret: string): Buffer {
  const body = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${secret}`
  const text = `-----BEGIN PRIVATE KEY-----\n${body.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`
  const volume = { sectors: 8192, hiddenSectors: 0, label: 'PLANTED', serial: 7 }
  return buildFat16({ ...volume, files: [{ name: 'SERVER.KEY', text }] })
}

/** An image with this raw disk in the store of its region, unchecked. */
export async function storedRaw(owner: TestAccount, regionId: string, disk: Buffer) {
  const sha256 = createHash('sha256').update(disk).digest('hex')
  const content = { format: 'raw' as const, virtualSize: disk.length, size: disk.length, sha256 }
  const begun = await beginImport(owner.ctx, { region: regionId, name: 'planted', operatingSystem: 'Debian 12' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const work = { imageId, holder: null }
  const place = await claimPlace(owner.ctx, work, content, { isNormalised: true })
  if (place.ok && !place.value.isThere)
    await storeOf(regionId).put(place.value.key, Readable.from([disk]), { size: disk.length })
  await settleTransfer(owner.ctx, work, content)
  return { imageId, sha256 }
}

/** The tools that make and clean an ext file system; without them tests are skipped. */
export const cleaningTools = ['mke2fs', 'debugfs', 'e2fsck', 'qemu-img'] as const

type ExtOptions = {
  /** A bootable qcow2 disk that gets the file system as its second partition. Null: no partitions. */
  boot?: string | null
  /** Whether a file belongs to a package. */
  isOwned?: boolean
}

const extMib = 24
const ownedFiles = {
  'var/lib/dpkg/info/vault.md5sums': `${createHash('md5').update('other').digest('hex')}  etc/owned.kdbx\n`,
  'etc/owned.kdbx': 'an owned file that was changed',
}

/** Makes a raw disk from a bootable one, with a second partition after the first. Returns the partition's offset. */
export async function addPartition(
  folder: string,
  { boot, disk, mib }: { boot: string; disk: string; mib: number },
): Promise<number> {
  runTool(folder, 'qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', boot, disk)
  const { size } = await stat(disk)
  const start = Math.ceil(size / 2 ** 20) * 2 ** 20
  await truncate(disk, start + mib * 2 ** 20)
  const entry = Buffer.alloc(16)
  entry[4] = 0x83
  entry.writeUInt32LE(start / 512, 8)
  entry.writeUInt32LE((mib * 2 ** 20) / 512, 12)
  const file = await open(disk, 'r+')
  await file.write(entry, 0, 16, 446 + 16).finally(() => file.close())
  return start
}

/** An ext4 disk with a key, a hash, a machine id, a history and a changed file of a package. Needs `cleaningTools`. */
export async function plantedExtDisk(
  secret: string,
  { boot = null, isOwned = true }: ExtOptions = {},
): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecs-planted-'))
  try {
    const root = path.join(folder, 'root')
    const body = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${secret}`
    const files: Record<string, string> = {
      'etc/ssl/private/server.key': `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
      'etc/shadow': `root:$6$ab$${secret}:19000:0:99999:7:::\n`,
      'etc/machine-id': randomBytes(16).toString('hex'),
      'root/.bash_history': `mysql -u root -p${secret}\n`,
      'srv/app/index.html': '<p>Hello</p>\n',
      ...(isOwned ? ownedFiles : {}),
    }
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true })
      await writeFile(path.join(root, name), text)
    }
    const disk = path.join(folder, 'disk')
    await writeFile(disk, '')
    const start = boot === null ? 0 : await addPartition(folder, { boot, disk, mib: extMib })
    runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-d', root, '-E', `offset=${start}`, disk, `${extMib * 1024}k`)
    return await readFile(disk)
  } finally {
    await rm(folder, { recursive: true })
  }
}
