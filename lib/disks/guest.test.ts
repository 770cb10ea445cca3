import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { afterAll, expect, test } from 'vitest'
import { largeFat } from './fixtures/large-fat'
import { writeParts } from './fixtures/tables'
import { hasTools, runTool, toolsNote } from './fixtures/tools'
import { readGuest } from './guest'
import { parseDiskLayout } from './layout'
import { buildQcow2, buildRawDisk } from './samples'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'guest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const raw = buildRawDisk({ sizeMib: 16, label: 'sample', seed: 5 })
const rawPath = join(folder, 'sample.raw')
const qcow2Path = join(folder, 'sample.qcow2')
writeFileSync(rawPath, raw)
writeFileSync(qcow2Path, buildQcow2({ raw }))

test('a raw disk and its qcow2 have the same layout, which parseDiskLayout accepts', async () => {
  const layout = await readGuest({ path: rawPath, format: 'raw' })
  expect(layout).toMatchObject({ table: 'gpt', size: 16 * mib, unread: null })
  expect(layout.partitions).toMatchObject([{ fileSystem: { kind: 'fat16', label: 'SAMPLE', files: 1 } }])
  expect(await readGuest({ path: qcow2Path, format: 'qcow2' })).toEqual(layout)
  expect(parseDiskLayout(JSON.parse(JSON.stringify(layout)))).toEqual(layout)
})

test('reading a disk leaves it as it is', async () => {
  await readGuest({ path: rawPath, format: 'raw' })
  expect(readFileSync(rawPath).equals(raw)).toBe(true)
})

test('a missing file throws', async () => {
  await expect(readGuest({ path: join(folder, 'nothing'), format: 'raw' })).rejects.toThrow('ENOENT')
})

test('bytes that are not a disk give a layout without partitions', async () => {
  const layout = { table: 'none', partitions: [], operatingSystem: null }
  const path = join(folder, 'text')
  writeFileSync(path, 'not a disk')
  expect(await readGuest({ path, format: 'raw' })).toEqual({ ...layout, size: 10, bootMode: null, unread: null })
  expect(await readGuest({ path, format: 'qcow2' })).toMatchObject({ ...layout, unread: 'damaged' })
})

test('the time limit returns what was read so far, at once', async () => {
  const layout = await readGuest({ path: rawPath, format: 'raw' }, { timeMs: 1 })
  expect(layout).toMatchObject({ partitions: [], unread: 'time' })
})

test('the time limit stops 7-Zip at work, and what was read before stays', async () => {
  // A hundred partitions over the same FAT32 with a table of 256 MiB: a minute of work in a sparse file.
  const path = join(folder, 'slow.raw')
  const part = { type: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7', start: 2048, sectors: 2 ** 26 }
  const disk = writeParts(
    Buffer.alloc(2 * mib),
    Array.from({ length: 100 }, () => part),
  )
  largeFat({ sectors: part.sectors }).copy(disk, mib)
  writeFileSync(path, disk)
  truncateSync(path, 2 ** 36)
  // On a busy machine the first partition may not be read by then; the longer limits still stop 7-Zip at work.
  for (const timeMs of [4_000, 12_000, 60_000]) {
    const layout = await readGuest({ path, format: 'raw' }, { timeMs, memoryBytes: 1024 * mib })
    expect(layout).toMatchObject({ table: 'gpt', unread: 'time' })
    expect(layout.partitions).toHaveLength(100)
    expect(layout.partitions[99]?.fileSystem).toBeNull()
    if (timeMs < 60_000 && layout.partitions[0]?.fileSystem === null) continue
    expect(layout.partitions[0]?.fileSystem).toMatchObject({ kind: 'fat32', files: 0 })
    break
  }
})

const cloudTools = ['mke2fs', 'mkfs.vfat', 'qemu-img'] as const

/** A disk like a cloud image: the root partition is first by number and last by position; a BIOS boot and an EFI system partition. */
function cloudDisk(): Buffer {
  const root = join(folder, 'root')
  for (const name of ['etc', 'usr/lib']) mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'usr/lib/os-release'), 'PRETTY_NAME="Sample Linux 9"\n')
  symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'))
  for (const [name, sizeMib] of [
    ['root.part', 24],
    ['efi.part', 8],
  ] as const) {
    writeFileSync(join(folder, name), '')
    truncateSync(join(folder, name), sizeMib * mib)
  }
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'cloudimg', '-d', root, 'root.part')
  runTool(folder, 'mkfs.vfat', '-n', 'UEFI', 'efi.part')
  const disk = Buffer.alloc(48 * mib)
  writeParts(disk, [
    { type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', start: 20 * 2048, sectors: 24 * 2048 },
    ...Array.from({ length: 12 }, () => null),
    { type: '21686148-6449-6E6F-744E-656564454649', start: 2048, sectors: 4 * 2048 },
    { type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', start: 5 * 2048, sectors: 8 * 2048 },
  ])
  readFileSync(join(folder, 'root.part')).copy(disk, 20 * mib)
  readFileSync(join(folder, 'efi.part')).copy(disk, 5 * mib)
  return disk
}

test.skipIf(!hasTools(...cloudTools))(
  `every partition of a cloud's disk is read${toolsNote(...cloudTools)}`,
  async () => {
    writeFileSync(join(folder, 'cloud.raw'), cloudDisk())
    runTool(folder, 'qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', 'cloud.raw', 'cloud.qcow2')
    const layout = await readGuest({ path: join(folder, 'cloud.raw'), format: 'raw' })
    expect(layout).toMatchObject({ table: 'gpt', operatingSystem: 'Sample Linux 9', unread: null })
    expect(layout.partitions).toMatchObject([
      {
        number: 1,
        start: 20 * mib,
        size: 24 * mib,
        type: 'linux',
        fileSystem: { kind: 'ext4', label: 'cloudimg', files: 2 },
      },
      { number: 14, type: 'bios-boot', fileSystem: null },
      { number: 15, type: 'efi-system', fileSystem: { kind: 'fat12', label: 'UEFI', files: 0 } },
    ])
    expect(await readGuest({ path: join(folder, 'cloud.qcow2'), format: 'qcow2' })).toEqual(layout)
  },
)

test('the calling thread is not blocked', async () => {
  // The first run compiles the thread's own files.
  await readGuest({ path: rawPath, format: 'raw' })
  const before = performance.eventLoopUtilization()
  await readGuest({ path: qcow2Path, format: 'qcow2' })
  // The caller is idle for most of the reading, however long that takes here.
  expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5)
})
