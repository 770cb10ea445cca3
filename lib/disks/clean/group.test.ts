import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { testReader } from '@/lib/testing/reader'
import { checkGuest } from '../check'
import { volumeGroup } from '../check/lvm'
import type { Finding } from '../check/report'
import { type CleanJob, cleanDisk } from '../clean'
import { makeFileSystem, partitioned } from '../fixtures/file-systems'
import { type GroupVolume, groupText, lvmPartition, physicalVolumeId } from '../fixtures/lvm'
import { littleEndian, patched } from '../fixtures/patch'
import { createSecrets } from '../fixtures/plants'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { type Blocks, bufferBlocks, openFileBlocks } from '../guest/blocks'
import { openQcow2 } from '../guest/qcow2-blocks'

const mib = 1024 ** 2
const extentBytes = 4 * mib
const folder = mkdtempSync(join(tmpdir(), 'clean-group-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  vi.stubEnv('DATABASE_URL', 'none')
  return () => vi.unstubAllEnvs()
})

const tools = ['mke2fs', 'debugfs', 'e2fsck', 'qemu-img']
const groupTest = test.skipIf(!hasTools(...tools))
const note = toolsNote(...tools)

const { make } = createSecrets('clean-group')
const [hash, token, deleted, log, temporary, unused, swapped] = [43, 36, 36, 30, 30, 36, 40].map((length) =>
  make(length),
) as [string, string, string, string, string, string, string]
const files = {
  'etc/shadow': `root:$6$ab$${hash}:19000:0:99999:7:::\n`,
  'etc/machine-id': 'ab'.repeat(16),
  'home/ann/notes.txt': `token ghp_${token}\n`,
  'home/ann/gone.txt': `token ghp_${deleted}\n`,
  'srv/index.html': '<p>Hello</p>\n',
  'tmp/build/out.txt': `${temporary}\n`,
  'var/log/auth.log': `${log}\n`.repeat(4000),
}

let made = 0
function ext4(): Buffer {
  const place = mkdtempSync(join(folder, `${made++}-`))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(place, 'root', dirname(path)), { recursive: true })
    writeFileSync(join(place, 'root', path), text)
  }
  const disk = join(place, 'disk')
  writeFileSync(disk, '')
  truncateSync(disk, 16 * mib)
  runTool(place, 'mke2fs', '-q', '-F', '-t', 'ext4', '-d', join(place, 'root'), disk)
  runTool(place, 'debugfs', '-w', '-R', 'rm /home/ann/gone.txt', disk)
  return readFileSync(disk)
}
const ofKernel = (kind: 'xfs' | 'btrfs' | 'inline') => {
  const { 'home/ann/gone.txt': _, ...there } = files
  return readFileSync(makeFileSystem(mkdtempSync(join(folder, `${made++}-`)), kind, there))
}
function swap(): Buffer {
  const space = Buffer.alloc(extentBytes)
  const marks = [
    { at: 1024, put: littleEndian(1, 4) },
    { at: 1028, put: littleEndian(1023, 4) },
    { at: 4086, put: 'SWAPSPACE2' },
  ]
  return patched(space, ...marks, { at: mib, put: swapped })
}

const source = join(folder, 'disk')
const target = join(folder, 'clean.qcow2')
const { signal } = new AbortController()
const limits = { timeMs: 600_000 }
type FindReader = NonNullable<CleanJob['findReader']>
const check = (path: string, format: 'raw' | 'qcow2', findReader: FindReader = async () => null) =>
  checkGuest({ path, format }, { deep: true, signal, onProgress: () => {}, findReader, limits })
const clean = (findings: readonly Finding[], findReader: FindReader = async () => null) =>
  cleanDisk({
    ...{ source: { path: source, format: 'raw' }, target, findings, isReset: true },
    ...{ sizeMax: 512 * mib, signal, findReader },
  })
const chosenOf = ({ findings }: { findings: Finding[] }) => findings.filter(({ cleanable }) => cleanable)

/** All bytes of a disk. */
function bytesOf(blocks: Blocks): Buffer {
  const bytes = Buffer.alloc(blocks.size)
  for (let at = 0; at < blocks.size; ) at += blocks.readInto(bytes.subarray(at, at + mib), at)
  return bytes
}
function cleanedBytes(): Buffer {
  const file = openFileBlocks(target)
  const bytes = bytesOf(openQcow2(file))
  file.close()
  return bytes
}

/** Writes each volume of the group on a disk's first partition to a file named after it. */
function extracted(disk: Buffer): string[] {
  const { volumes } = volumeGroup(bufferBlocks(disk.subarray(mib)), 16) ?? { volumes: [] }
  return volumes.map(({ name, blocks }) => {
    const file = join(folder, name.replace('/', '-'))
    writeFileSync(file, blocks ? bytesOf(blocks) : '')
    return file
  })
}
const catOf = (file: string, path: string) => runTool(folder, 'debugfs', '-R', `cat /${path}`, file).replace(/\0+$/, '')

/** Of 13 extents, 4 and 11 are free. */
const group: GroupVolume[] = [
  { name: 'root', content: ext4(), extents: [9, 2, 3, 0] },
  { name: 'data', content: ext4(), extents: [5, 6, 7, 8] },
  { name: 'swap', content: swap(), extents: [1] },
  { name: 'empty', content: Buffer.alloc(0), extents: [12] },
  { name: 'kept', content: Buffer.alloc(extentBytes, 'none of a kind '), extents: [10], isHidden: true },
]
const secrets = [hash, token, deleted, log, temporary, unused, swapped]
const freeAt = mib + mib + 4 * extentBytes + 4096

groupTest(`volumes of LVM are cleaned, in one piece or in many, and what is in none is zeroed${note}`, async () => {
  const disk = patched(partitioned([lvmPartition('vg0', group)]), { at: freeAt, put: `ghp_${unused}` })
  writeFileSync(source, disk)
  expect(secrets.filter((secret) => !disk.includes(secret))).toEqual([])
  const report = await check(source, 'raw')
  const inEach = ['machine-id', 'github-token', 'logs-mail', 'password-hash', 'deleted-secret']
  const expected = ['vg0/data', 'vg0/root'].flatMap((name) => inEach.map((rule) => `${name} ${rule}`))
  const found = report.findings.map(({ rule, path }) => `${path.split('/').slice(0, 2).join('/')} ${rule}`)
  expect([...new Set(found)].sort()).toEqual([...expected, ' deleted-secret', 'vg0/swap swap-content'].sort())
  expect(report.findings.filter(({ cleanable }) => !cleanable)).toEqual([])

  expect(await clean(report.findings)).toEqual({ ok: true })
  const bytes = cleanedBytes()
  expect(readFileSync(source).equals(disk), 'the original is as it was').toBe(true)
  expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
  expect(bytes.length).toBe(disk.length)
  // The group's metadata, and a hidden volume.
  expect(bytes.subarray(0, 2 * mib).equals(disk.subarray(0, 2 * mib))).toBe(true)
  const hidden = 2 * mib + 10 * extentBytes
  expect(bytes.subarray(hidden, hidden + extentBytes).equals(disk.subarray(hidden, hidden + extentBytes))).toBe(true)
  expect(await check(target, 'qcow2')).toMatchObject({ verdict: 'clean', reason: null, findings: [], files: 8 })
  const [root = '', data = '', space = ''] = extracted(bytes)
  for (const file of [root, data]) {
    runTool(folder, 'e2fsck', '-fn', file)
    expect(catOf(file, 'etc/shadow')).toBe('root:!:19000:0:99999:7:::\n')
    expect(catOf(file, 'srv/index.html')).toBe(files['srv/index.html'])
    expect([catOf(file, 'etc/machine-id'), catOf(file, 'var/log/auth.log')]).toEqual(['', ''])
    expect(runTool(folder, 'debugfs', '-R', 'ls -p /tmp', file)).not.toContain('build')
  }
  expect(readFileSync(space).subarray(4086, 4096).toString()).toBe('SWAPSPACE2')
})

groupTest(`a group with volumes of another kind stays as it is, and nothing of it is chosen${note}`, async () => {
  const thin = { name: 'pool', content: Buffer.alloc(extentBytes), extents: [13], type: 'thin-pool', isHidden: true }
  const disk = patched(partitioned([lvmPartition('vg0', [...group, thin])]), { at: freeAt, put: `ghp_${unused}` })
  writeFileSync(source, disk)
  const { findings } = await check(source, 'raw')
  expect(chosenOf({ findings })).toEqual([])
  expect(findings.map(({ rule }) => rule)).toContain('unused-secret')
  expect(await clean([])).toEqual({ ok: true })
  expect(cleanedBytes().equals(disk)).toBe(true)
  const [finding] = findings
  if (!finding) throw new Error('It was found on the disk.')
  const refusal = { code: 'UNSUPPORTED_FILE_SYSTEM', partition: 0 }
  expect(await clean([{ ...finding, cleanable: true }])).toEqual({ ok: false, refusal })
})

groupTest(`what cannot be cleaned in a volume is refused by its path${note}`, async () => {
  writeFileSync(source, partitioned([lvmPartition('vg0', group)]))
  const { findings } = await check(source, 'raw')
  const finding = findings.find(({ rule, path }) => rule === 'github-token' && path.startsWith('vg0/root/'))
  if (!finding) throw new Error('It was found on the disk.')
  const refused = async (path: string) => await clean([{ ...finding, path }])
  const missing = (path: string) => ({ ok: false, refusal: { code: 'FILE_NOT_FOUND', path } })
  for (const path of ['vg0/root/etc/gone', 'vg0/data/etc/gone']) expect(await refused(path)).toEqual(missing(path))
  const unsupported = { ok: false, refusal: { code: 'UNSUPPORTED_FILE_SYSTEM', partition: 0 } }
  for (const path of ['vg0/none/etc/a', 'vg1/root/etc/shadow', 'vg0/empty/a', 'vg0/swap/a', 'vg0'])
    expect(await refused(path), path).toEqual(unsupported)
  expect(await clean([{ ...finding, rule: 'swap-content', path: 'vg0/data' }])).toEqual(unsupported)
})

groupTest(
  `nothing is written behind a volume that is smaller than its file system, as after lvreduce alone${note}`,
  async () => {
    const [reduced, behind] = [ext4().subarray(0, 2 * extentBytes), ext4()]
    const volumes = [
      { name: 'behind', content: behind, extents: [2, 3, 4, 5] },
      { name: 'reduced', content: reduced, extents: [0, 1] },
    ]
    writeFileSync(source, partitioned([lvmPartition('vg0', volumes)]))
    expect(await clean([])).toEqual({ ok: false, refusal: { code: 'DAMAGED', partition: 0 } })
  },
)

groupTest(`a volume that holds the journal of another keeps no other from being cleaned${note}`, async () => {
  const file = join(folder, 'journal')
  writeFileSync(file, '')
  truncateSync(file, extentBytes)
  runTool(folder, 'mke2fs', '-q', '-F', '-b', '4096', '-O', 'journal_dev', file)
  const volumes = [
    { name: 'journal', content: readFileSync(file), extents: [4] },
    { name: 'root', content: ext4(), extents: [0, 1, 2, 3] },
  ]
  writeFileSync(source, partitioned([lvmPartition('vg0', volumes)]))
  expect(await clean([])).toEqual({ ok: true })
  const bytes = cleanedBytes()
  expect(bytes.includes(temporary)).toBe(false)
  expect(bytes.includes(readFileSync(file).subarray(0, 4096))).toBe(true)
})

// LVM accepts only block devices, and not every user may attach a loop device.
const withDevice = (commands: string) =>
  `device=$(losetup -f --show disk) || exit; ${commands}; code=$?; losetup -d "$device"; exit $code`
const lvm = (commands: string) => runTool(folder, 'sh', '-c', withDevice(commands))
const restore = `pvcreate -q --devices "$device" --uuid ${physicalVolumeId} --restorefile text "$device" &&
  vgcfgrestore -q --devices "$device" -f text vg0`
/** The segments of each volume as LVM prints them, after vgck finds nothing wrong with the group. */
const listed = 'vgck --devices "$device" vg0 && lvs --devices "$device" --noheadings -o lv_name,seg_pe_ranges vg0'

/** The physical volume that LVM writes for a group with these volumes; null if it cannot. */
function described(volumes: readonly GroupVolume[], extents: number): Buffer | null {
  writeFileSync(join(folder, 'text'), groupText('vg0', volumes, extents))
  writeFileSync(source, '')
  truncateSync(source, mib + extents * extentBytes)
  try {
    lvm(restore)
    return readFileSync(source).subarray(0, mib)
  } catch {
    return null
  }
}

const two = group.slice(0, 2)
const written = hasTools(...tools, 'vgcfgrestore', 'losetup') ? described(two, 13) : null
const lvmNote = written ? '' : ' (skipped: no LVM, or no loop device can be made here)'

test.skipIf(!written)(`a group written by LVM itself is cleaned, and LVM sees no difference${lvmNote}`, async () => {
  const part = Buffer.concat([written ?? Buffer.alloc(0), lvmPartition('vg0', group).subarray(mib)])
  writeFileSync(source, part)
  const before = lvm(listed)
  expect(before.split('\n').map((line) => line.trim().split(':').at(-1))).toEqual(['5-8', '9-9', '2-3', '0-0', ''])
  const disk = partitioned([part])
  writeFileSync(source, disk)
  const { findings } = await check(source, 'raw')
  expect(findings.filter(({ rule }) => rule === 'machine-id')).toHaveLength(2)
  expect(await clean(findings)).toEqual({ ok: true })
  const bytes = cleanedBytes()
  // The former swap space is free space in this group.
  expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
  for (const file of extracted(bytes)) runTool(folder, 'e2fsck', '-fn', file)
  writeFileSync(source, bytes.subarray(mib, mib + part.length))
  expect(lvm(listed).replaceAll(/\/dev\/\w+/g, '')).toBe(before.replaceAll(/\/dev\/\w+/g, ''))
})

const { reader, why } = await testReader()
const kernelTools = [...tools, 'mkfs.xfs', 'mkfs.btrfs']
const kernelNote = why ? ` (skipped: ${why})` : toolsNote(...kernelTools)
const extentsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index)

test.skipIf(why !== '' || !hasTools(...kernelTools))(
  `XFS, Btrfs and special ext4 in volumes of LVM are cleaned by the machine${kernelNote}`,
  async () => {
    const kinds = [
      { name: 'xfs', content: ofKernel('xfs'), extents: [...extentsFrom(20, 7), 3] },
      { name: 'btrfs', content: ofKernel('btrfs'), extents: extentsFrom(4, 16) },
      { name: 'inline', content: ofKernel('inline'), extents: [2, 1, 0, 27] },
    ]
    const disk = partitioned([lvmPartition('vg0', kinds)])
    writeFileSync(source, disk)
    const findReader = async () => reader
    const report = await check(source, 'raw', findReader)
    const rules = ['github-token', 'logs-mail', 'machine-id', 'password-hash']
    const chosen = chosenOf(report)
    const found = chosen.map(({ rule, path }) => `${path.split('/')[1]} ${rule}`)
    expect(found.sort()).toEqual(kinds.flatMap(({ name }) => rules.map((rule) => `${name} ${rule}`)).sort())
    expect(await clean(chosen)).toEqual({ ok: false, refusal: { code: 'TOOLS_MISSING' } })
    expect(await clean(chosen, findReader)).toEqual({ ok: true })
    const bytes = cleanedBytes()
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
    expect(readFileSync(source).equals(disk), 'the original is as it was').toBe(true)
    const after = await check(target, 'qcow2', findReader)
    expect(after).toMatchObject({ verdict: 'clean', reason: null, findings: [] })
    const [xfs = '', btrfs = '', inline = ''] = extracted(bytes)
    runTool(folder, 'xfs_repair', '-n', xfs)
    runTool(folder, 'btrfs', 'check', '--readonly', btrfs)
    runTool(folder, 'e2fsck', '-fn', inline)
    expect(catOf(inline, 'etc/shadow')).toBe('root:!:19000:0:99999:7:::\n')
  },
)
