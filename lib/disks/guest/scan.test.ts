import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { largeFat } from '../fixtures/large-fat'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { buildRawDisk } from '../samples'
import { type Blocks, bufferBlocks, makeBlocks, openFileBlocks, UnreadableBlocks } from './blocks'
import { scanDisk } from './scan'

const mib = 1024 ** 2
const uuid = '11223344-5566-7788-99aa-bbccddeeff00'
const folder = mkdtempSync(join(tmpdir(), 'guest-scan-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = join(folder, 'root')
for (const name of ['etc', 'usr/lib', 'home']) mkdirSync(join(root, name), { recursive: true })
writeFileSync(join(root, 'usr/lib/os-release'), 'NAME="Sample"\nPRETTY_NAME="Sample Linux 7 (\\"try\\")"\n')
symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'))
writeFileSync(join(root, 'home/notes'), 'x'.repeat(5000))

const scan = (disk: Blocks, memoryBytesMax = 96 * mib) =>
  scanDisk({ open: () => disk, memoryBytesMax, onProgress: () => {} })

/** Makes a file system of so many MiB with a tool, and scans it. */
async function scanMade(sizeMib: number, tool: string, ...args: string[]) {
  const path = join(folder, 'made')
  rmSync(path, { force: true })
  writeFileSync(path, '')
  truncateSync(path, sizeMib * mib)
  runTool(folder, tool, ...args, 'made')
  const file = openFileBlocks(path)
  return await scan(file).finally(() => file.close())
}

const fileSystemOf = async (...made: Parameters<typeof scanMade>) => (await scanMade(...made)).partitions[0]?.fileSystem

test("the project's own disk is read to its one file", async () => {
  const layout = await scan(bufferBlocks(buildRawDisk({ sizeMib: 8, label: 'harbour web', seed: 3 })))
  expect(layout).toMatchObject({ table: 'gpt', size: 8 * mib, operatingSystem: null, unread: null })
  expect(layout.partitions).toMatchObject([
    { number: 1, name: 'harbour web', fileSystem: { kind: 'fat16', label: 'HARBOUR WEB', files: 1, isReadable: true } },
  ])
  expect(layout.partitions[0]?.fileSystem?.used).toBeLessThan(64 * 1024)
  expect(layout.partitions[0]?.fileSystem?.uuid).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/)
})

const ext = ['-q', '-F', '-L', 'system', '-U', uuid, '-d', root] as const
const readable = ['ext2', 'ext3', 'ext4'] as const

test.skipIf(!hasTools('mke2fs')).each(readable)(
  `%s is read with its files and operating system${toolsNote('mke2fs')}`,
  async (kind) => {
    const layout = await scanMade(16, 'mke2fs', ...ext, '-t', kind)
    expect(layout).toMatchObject({ table: 'none', operatingSystem: 'Sample Linux 7 ("try")', unread: null })
    expect(layout.partitions).toMatchObject([{ number: null, start: 0, size: 16 * mib }])
    const used = expect.any(Number)
    expect(layout.partitions[0]?.fileSystem).toEqual({ kind, label: 'system', uuid, used, files: 3, isReadable: true })
  },
)

test.skipIf(!hasTools('mke2fs')).each(['inline_data', 'bigalloc'])(
  `ext4 with %s is recognised and reported as unreadable${toolsNote('mke2fs')}`,
  async (feature) => {
    const layout = await scanMade(16, 'mke2fs', ...ext, '-t', 'ext4', '-I', '256', '-O', feature)
    expect(layout).toMatchObject({ operatingSystem: null, unread: null })
    expect(layout.partitions[0]?.fileSystem).toMatchObject({
      kind: 'ext4',
      label: 'system',
      files: null,
      isReadable: false,
    })
    expect(layout.partitions[0]?.fileSystem?.used).toBeGreaterThan(0)
  },
)

const fats = [
  { kind: 'fat12', bits: '12', sizeMib: 2 },
  { kind: 'fat16', bits: '16', sizeMib: 32 },
  { kind: 'fat32', bits: '32', sizeMib: 64 },
]

test.skipIf(!hasTools('mkfs.vfat')).each(fats)(
  `$kind is read${toolsNote('mkfs.vfat')}`,
  async ({ kind, bits, sizeMib }) => {
    const made = await fileSystemOf(sizeMib, 'mkfs.vfat', '-F', bits, '-n', 'ESP', '-i', '1234ABCD')
    expect(made).toMatchObject({ kind, label: 'ESP', uuid: '1234-ABCD', files: 0, isReadable: true })
    expect(made?.used).toBeLessThan(64 * 1024)
  },
)

test.skipIf(!hasTools('mkntfs'))(`NTFS is read${toolsNote('mkntfs')}`, async () => {
  const made = await fileSystemOf(16, 'mkntfs', '-q', '-F', '-L', 'Data')
  expect(made).toMatchObject({
    kind: 'ntfs',
    label: 'Data',
    uuid: expect.stringMatching(/^[0-9A-F]{16}$/),
    isReadable: true,
  })
  expect(made?.used).toBeGreaterThan(0)
})

test.skipIf(!hasTools('mksquashfs'))(`squashfs is read${toolsNote('mksquashfs')}`, async () => {
  runTool(folder, 'mksquashfs', root, 'packed', '-noappend', '-quiet', '-no-progress')
  const file = openFileBlocks(join(folder, 'packed'))
  const layout = await scan(file).finally(() => file.close())
  expect(layout.partitions[0]?.fileSystem).toMatchObject({ kind: 'squashfs', files: 3, isReadable: true })
  expect(layout.operatingSystem).toBe('Sample Linux 7 ("try")')
})

test.skipIf(!hasTools('genisoimage'))(`an ISO is read${toolsNote('genisoimage')}`, async () => {
  runTool(folder, 'genisoimage', '-quiet', '-R', '-V', 'SETUP', '-o', 'disc', root)
  const file = openFileBlocks(join(folder, 'disc'))
  const layout = await scan(file).finally(() => file.close())
  expect(layout).toMatchObject({ table: 'iso', unread: null })
  expect(layout.partitions).toMatchObject([
    { number: null, fileSystem: { kind: 'iso9660', label: 'SETUP', isReadable: true } },
  ])
})

const recognised = [
  { kind: 'xfs', sizeMib: 300, tool: 'mkfs.xfs', args: ['-q', '-L', 'system', '-m', `uuid=${uuid}`], uuid },
  { kind: 'btrfs', sizeMib: 128, tool: 'mkfs.btrfs', args: ['-q', '-L', 'system', '-U', uuid], uuid },
  {
    kind: 'exfat',
    sizeMib: 16,
    tool: 'mkfs.exfat',
    args: ['-L', 'system'],
    uuid: expect.stringMatching(/^[0-9A-F]{4}-[0-9A-F]{4}$/),
  },
  { kind: 'swap', sizeMib: 1, tool: 'mkswap', args: ['-q', '-L', 'system', '-U', uuid], uuid },
]

for (const { kind, sizeMib, tool, args, uuid } of recognised) {
  test.skipIf(!hasTools(tool))(`${kind} is recognised and reported as unreadable${toolsNote(tool)}`, async () => {
    const made = await fileSystemOf(sizeMib, tool, ...args)
    expect(made).toMatchObject({ kind, label: 'system', uuid, files: null, isReadable: false })
    const saysUse = kind === 'xfs' || kind === 'btrfs'
    expect(made?.used).toEqual(saysUse ? expect.any(Number) : null)
  })
}

const marked = {
  luks: { at: 0, bytes: 'LUKS\xba\xbe\0\x02' },
  lvm: { at: 512, bytes: 'LABELONE\x01\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0LVM2 001' },
  bitlocker: { at: 0, bytes: '\xeb\x58\x90-FVE-FS-' },
  zfs: { at: 128 * 1024 + 5120, bytes: '\x0c\xb1\xba\0\0\0\0\0' },
  raid: { at: 4096, bytes: '\xfc\x4e\x2b\xa9\x01\0\0\0' },
}

test.each(Object.entries(marked))('%s is recognised by its mark', async (kind, { at, bytes }) => {
  const part = Buffer.alloc(mib)
  part.write(bytes, at, 'latin1')
  const layout = await scan(bufferBlocks(part))
  expect(layout.partitions).toMatchObject([{ fileSystem: { kind, isReadable: false } }])
})

test('a disk that cannot be opened or read reports the reason', async () => {
  for (const why of ['damaged', 'format'] as const) {
    const broken = () => {
      throw new UnreadableBlocks(why)
    }
    const layout = { table: 'none', partitions: [], operatingSystem: null, unread: why }
    expect(await scanDisk({ open: broken, memoryBytesMax: 96 * mib, onProgress: () => {} })).toMatchObject(layout)
    expect(await scan(makeBlocks(100, broken))).toMatchObject({ ...layout, size: 100 })
  }
})

test('an I/O error throws', async () => {
  const broken = () => {
    throw new Error('EIO')
  }
  await expect(scan(makeBlocks(100, broken))).rejects.toThrow('EIO')
})

// A table of 256 MiB.
const fat = largeFat({ sectors: 2 ** 26 })
const largeDisk = makeBlocks(2 ** 35, (into, offset) => {
  into.fill(0)
  fat.copy(into, 0, Math.min(offset, fat.length))
  return into.length
})

test('too little memory for 7-Zip keeps what was recognised', async () => {
  expect(await scan(largeDisk)).toMatchObject({
    unread: 'memory',
    partitions: [{ fileSystem: { kind: 'fat32', files: null, isReadable: false } }],
  })
  expect(await scan(largeDisk, 512 * mib)).toMatchObject({ unread: null, partitions: [{ fileSystem: { files: 0 } }] })
})
