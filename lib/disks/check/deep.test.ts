import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkGuest } from '../check'
import { lvmPartition } from '../fixtures/lvm'
import { littleEndian, patched } from '../fixtures/patch'
import { createSecrets } from '../fixtures/plants'
import { writeParts } from '../fixtures/tables'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { volumes } from '../fixtures/volumes'
import { makeBlocks } from '../guest/blocks'
import { buildQcow2, buildRawDisk } from '../samples'
import { freeInExt } from './free-ext'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'check-deep-'))
afterAll(() => rmSync(folder, { recursive: true }))

const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'
const lvmVolume = volumes.lvm ?? Buffer.alloc(0)
const { make } = createSecrets('deep')
const token = `ghp_${make(36)}`
const key = `-----BEGIN PRIVATE KEY-----\n${make(64, 'base64')}\n${make(64, 'base64')}\n`

/** In free space, which a clean copy zeroes. */
const removedByCleaning = { rule: 'deleted-secret', remedy: 'empty', cleanable: true }
/** In no file, and in a place that a clean copy does not change. */
const keptByCleaning = { rule: 'unused-secret', remedy: 'review', cleanable: false }

async function check(bytes: Buffer, { deep = true, format = 'raw' as 'raw' | 'qcow2' } = {}) {
  const path = join(folder, 'disk')
  writeFileSync(path, bytes)
  const report = await checkGuest(
    { path, format },
    { deep, signal: new AbortController().signal, onProgress: () => {} },
  )
  expect(JSON.stringify(report)).not.toContain(token.slice(4))
  return report
}

/** An ext4 file system with one file, after these debugfs commands. */
function madeExt4(...commands: string[]): Buffer {
  const root = join(folder, 'root')
  mkdirSync(join(root, 'home'), { recursive: true })
  writeFileSync(join(root, 'home/notes.bin'), `\0${'x'.repeat(3000)} ${token}\n${key}`)
  const path = join(folder, 'ext4')
  writeFileSync(path, '')
  truncateSync(path, 16 * mib)
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-d', root, path)
  for (const command of commands) runTool(folder, 'debugfs', '-w', '-R', command, path)
  return readFileSync(path)
}

const canDelete = hasTools('mke2fs', 'debugfs')
const note = toolsNote('mke2fs', 'debugfs')

test.skipIf(!canDelete)(`only a deep check finds a deleted secret, with its offset${note}`, async () => {
  const disk = madeExt4('rm /home/notes.bin')
  expect(await check(disk, { deep: false })).toMatchObject({ verdict: 'clean', isDeep: false })
  for (const format of ['raw', 'qcow2'] as const) {
    const report = await check(format === 'raw' ? disk : buildQcow2({ raw: disk }), { format })
    expect(report.findings.map(({ rule, offset, masked }) => ({ rule, offset, masked }))).toEqual([
      { rule: 'deleted-secret', offset: disk.indexOf(key), masked: '-----BEGIN PRIVATE KEY-----****' },
      { rule: 'deleted-secret', offset: disk.indexOf(token), masked: 'ghp_****' },
    ])
  }
})

test.skipIf(!canDelete)(`content of a file is not reported as deleted${note}`, async () => {
  expect(await check(madeExt4())).toMatchObject({ verdict: 'clean', isDeep: true })
})

test.skipIf(!canDelete)(
  `space behind a file system, and one with meta block groups, is searched as a whole${note}`,
  async () => {
    const ext4 = madeExt4('rm /home/notes.bin')
    const end = ext4.length + 3 * mib
    const shrunk = patched(Buffer.concat([madeExt4(), Buffer.alloc(4 * mib)]), { at: end, put: token })
    const path = join(folder, 'grown')
    writeFileSync(path, patched(writeParts(Buffer.alloc(22 * mib), [{ type: linux, start: 2048, sectors: 40_960 }])))
    const disk = readFileSync(path)
    shrunk.copy(disk, mib)
    expect((await check(disk)).findings).toMatchObject([{ rule: 'unread-secret', offset: mib + end, cleanable: false }])
    expect(await check(disk, { deep: false })).toMatchObject({ verdict: 'clean' })

    runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-O', 'meta_bg,^resize_inode', '-d', join(folder, 'root'), path)
    runTool(folder, 'debugfs', '-w', '-R', 'rm /home/notes.bin', path)
    const scattered = readFileSync(path)
    const found = (await check(scattered)).findings.map(({ rule, offset }) => ({ rule, offset }))
    expect(found).toContainEqual({ rule: 'unread-secret', offset: scattered.indexOf(token) })
  },
)

test('group descriptors that share one inode table cost no more than others', () => {
  const groups = 131_072
  const superBlock = Buffer.alloc(1024)
  // Block count, first block, blocks and inodes per group; blocks of 1 KiB.
  for (const [at, value] of [
    [4, groups * 8192],
    [20, 1],
    [32, 8192],
    [40, 65_536],
  ] as const)
    superBlock.writeUInt32LE(value, at)
  const descriptor = Buffer.alloc(32)
  descriptor.writeUInt32LE(8192 * 9, 8)
  descriptor.writeUInt16LE(2, 18)
  const part = makeBlocks(groups * 8192 * 1024 + 1024, (into, offset) => {
    into.fill(0)
    if (offset < 2048) superBlock.copy(into, Math.max(0, 1024 - offset), Math.max(0, offset - 1024))
    else for (let at = 0; at < into.length; at += 32) descriptor.copy(into, at)
    return into.length
  })
  const free = freeInExt(part)
  if (!free) throw new Error('It is none.')
  const [first] = free
  expect(first?.start).toBeGreaterThan(0)
})

test('free space of a FAT and the gaps between partitions are searched', async () => {
  const raw = buildRawDisk({ sizeMib: 8, label: 'sample', seed: 5 })
  const free = patched(raw, { at: 6 * mib + 100, put: token })
  expect((await check(free)).findings).toMatchObject([{ rule: 'deleted-secret', partition: 0, offset: 6 * mib + 100 }])
  const gap = patched(raw, { at: 40 * 1024, put: token })
  expect((await check(gap)).findings).toMatchObject([{ ...keptByCleaning, offset: 40 * 1024 }])
})

test.skipIf(!hasTools('mkntfs'))(
  `a deleted secret on NTFS is found, and is not cleanable${toolsNote('mkntfs')}`,
  async () => {
    const path = join(folder, 'ntfs')
    writeFileSync(path, '')
    truncateSync(path, 16 * mib)
    runTool(folder, 'mkntfs', '-q', '-F', path)
    const at = 13 * mib
    expect((await check(patched(readFileSync(path), { at, put: token }))).findings).toMatchObject([
      { ...keptByCleaning, partition: 0, offset: at },
    ])
  },
)

test('a secret in an unreadable partition is found there, and an encrypted partition is not searched', async () => {
  const found = await check(patched(lvmVolume, { at: 2 * mib, put: token }))
  expect(found).toMatchObject({ verdict: 'findings', reason: 'UNSUPPORTED_FILE_SYSTEM' })
  expect(found.findings).toMatchObject([{ rule: 'unread-secret', offset: 2 * mib, cleanable: false }])
  expect(await check(patched(Buffer.alloc(4 * mib), { at: 0, put: 'LUKS\xba\xbe\0\x02' }))).toMatchObject({
    verdict: 'unchecked',
    reason: 'ENCRYPTED',
  })
})

test.skipIf(!canDelete)(
  `the free extents of a group are searched, and a group without volumes is not clean${note}`,
  async () => {
    const group = lvmPartition('vg0', [
      { name: 'root', content: madeExt4(), extents: [0, 1, 2, 3] },
      { name: 'data', content: Buffer.alloc(4 * mib), extents: [5] },
    ])
    expect(await check(group)).toMatchObject({ verdict: 'clean' })
    const at = mib + 4 * 4 * mib + 100
    const planted = patched(group, { at, put: token })
    expect((await check(planted)).findings).toMatchObject([{ ...removedByCleaning, offset: at }])
    // Nothing is cleaned in a group with a volume of an unknown type, and the group's own metadata stays.
    const pool = { name: 'pool', content: Buffer.alloc(4 * mib), extents: [5], type: 'thin-pool', isHidden: true }
    const thin = lvmPartition('vg0', [{ name: 'root', content: madeExt4(), extents: [0, 1, 2, 3] }, pool])
    expect((await check(patched(thin, { at, put: token }))).findings).toMatchObject([{ ...keptByCleaning, offset: at }])
    const inText = 600_000
    const described = await check(patched(group, { at: inText, put: token }))
    expect(described.findings).toMatchObject([{ ...keptByCleaning, offset: inText }])
    const deleted = lvmPartition('vg0', [
      { name: 'root', content: madeExt4('rm /home/notes.bin'), extents: [0, 1, 2, 3] },
    ])
    const inVolume = { ...removedByCleaning, path: 'vg0/root' }
    expect((await check(deleted)).findings).toMatchObject([inVolume, inVolume])
    const hidden = patched(
      group,
      ...[...group.toString('latin1').matchAll(/"VISIBLE"/g)].map(({ index }) => ({ at: index, put: '"PARTIAL"' })),
    )
    expect(await check(hidden, { deep: false })).toMatchObject({
      verdict: 'unchecked',
      reason: 'UNSUPPORTED_FILE_SYSTEM',
    })
  },
)

const swapAt = 2048
const swapDisk = (...patches: Parameters<typeof patched>[1][]) => {
  const sectors = 4096
  const disk = Buffer.alloc(4 * mib)
  writeParts(disk, [{ type: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F', start: swapAt, sectors }])
  const start = swapAt * 512
  const marks = [
    { at: start + 1024, put: littleEndian(1, 4) },
    { at: start + 1028, put: littleEndian(511, 4) },
    { at: start + 4086, put: 'SWAPSPACE2' },
  ]
  return patched(disk, ...marks, ...patches)
}

test('swap space is a finding once something was written to it', async () => {
  expect(await check(swapDisk(), { deep: false })).toMatchObject({
    verdict: 'unchecked',
    reason: 'NOTHING_READABLE',
    partitions: [{ fileSystem: 'swap', readable: true, reason: null }],
  })
  const used = await check(swapDisk({ at: swapAt * 512 + mib, put: 'memory' }), { deep: false })
  expect(used).toMatchObject({ verdict: 'findings', findings: [{ rule: 'swap-content', partition: 0, path: '' }] })
})
