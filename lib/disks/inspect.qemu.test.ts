import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { rawDisk } from './fixtures/patch'
import { hasQemu, qemuImg, qemuNote } from './fixtures/qemu'
import { inspectDisk } from './inspect'
import { openFileReader } from './reader'

const folder = await mkdtemp(join(tmpdir(), 'disks-'))
await writeFile(join(folder, 'disk.raw'), rawDisk)
afterAll(() => rm(folder, { recursive: true }))

async function inspectFile(name: string) {
  const reader = await openFileReader(join(folder, name))
  try {
    return await inspectDisk(reader)
  } finally {
    await reader.close()
  }
}

const convert = (...options: string[]) => ['convert', '-f', 'raw', '-O', 'qcow2', ...options, 'disk.raw', 'good.qcow2']
const create = (size: string, ...options: string[]) => ['create', '-q', '-f', 'qcow2', ...options, 'good.qcow2', size]

const good: Record<string, readonly string[][]> = {
  'version 2': [convert('-o', 'compat=0.10')],
  'version 3': [convert('-o', 'compat=1.1')],
  'lazy reference counts': [convert('-o', 'compat=1.1,lazy_refcounts=on')],
  deflate: [convert('-c')],
  'deflate in version 2': [convert('-c', '-o', 'compat=0.10')],
  zstd: [convert('-c', '-o', 'compression_type=zstd')],
  'extended L2': [convert('-o', 'extended_l2=on')],
  'extended L2, deflate, clusters of 16 KiB': [convert('-c', '-o', 'extended_l2=on,cluster_size=16k')],
  'clusters of 512 bytes': [convert('-o', 'cluster_size=512')],
  'clusters of 2 MiB': [convert('-o', 'cluster_size=2M')],
  'reference counts of 1 bit': [convert('-o', 'refcount_bits=1')],
  'reference counts of 64 bits': [convert('-o', 'refcount_bits=64')],
  'preallocated tables': [convert('-o', 'preallocation=metadata')],
  'preallocated data': [create('4M', '-o', 'preallocation=falloc')],
  'no data': [create('4M')],
  'no data, 2 TiB': [create('2T')],
  'a bitmap': [convert(), ['bitmap', '-f', 'qcow2', '--add', 'good.qcow2', 'changes']],
  'a size that changed': [convert(), ['resize', '-q', '-f', 'qcow2', 'good.qcow2', '1G']],
}

test.skipIf(!hasQemu).each(Object.entries(good))(`QEMU's %s is accepted${qemuNote}`, async (_, commands) => {
  for (const command of commands) qemuImg(folder, ...command)
  expect(await inspectFile('good.qcow2')).toMatchObject({ ok: true, disk: { format: 'qcow2' } })
})

test.skipIf(!hasQemu)(`a disk whose host died with a write in flight is accepted${qemuNote}`, async () => {
  qemuImg(folder, ...convert())
  // The reference count is on the disk; the cluster's data and its L2 entry are not.
  const steps = ['open -o driver=qcow2 blkdebug::good.qcow2', 'break write_aio A', 'aio_write 2M 64k', 'wait_break A']
  const died = spawnSync(
    'qemu-io',
    [...steps, 'flush', 'sigraise 9'].flatMap((step) => ['-c', step]),
    { cwd: folder },
  )
  expect(died.signal).toBe('SIGKILL')
  expect(qemuImg(folder, 'compare', '-f', 'raw', '-F', 'qcow2', 'disk.raw', 'good.qcow2')).toContain('identical')
  expect(await inspectFile('good.qcow2')).toMatchObject({ ok: true, disk: { format: 'qcow2' } })
})

const secret = ['--object', 'secret,id=s,data=pass1234']
const refused = {
  'backing-file': [['create', '-q', '-f', 'qcow2', '-b', 'disk.raw', '-F', 'raw', 'bad.qcow2']],
  'external-data-file': [['create', '-q', '-f', 'qcow2', '-o', 'data_file=outside', 'bad.qcow2', '4M']],
  'internal-snapshots': [
    ['convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', 'bad.qcow2'],
    ['snapshot', '-c', 'hidden', 'bad.qcow2'],
  ],
  encrypted: [
    [
      'create',
      '-q',
      '-f',
      'qcow2',
      ...secret,
      '-o',
      'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10',
    ].concat('bad.qcow2', '4M'),
  ],
  'unsupported-version': [['create', '-q', '-f', 'qcow', 'bad.qcow2', '4M']],
  'unsupported-format': [['create', '-q', '-f', 'qed', 'bad.qcow2', '4M']],
  'virtual-size-too-large': [['create', '-q', '-f', 'qcow2', 'bad.qcow2', '3T']],
}

test.skipIf(!hasQemu).each(Object.entries(refused))(
  `QEMU's disk is refused: %s${qemuNote}`,
  async (reason, commands) => {
    for (const command of commands) qemuImg(folder, ...command)
    expect(await inspectFile('bad.qcow2')).toMatchObject({ ok: false, reason })
  },
)

// Losing less than a cluster goes unnoticed: QEMU itself may leave the last cluster of a file short.
const cuts = [
  { name: 'plain', options: [], lost: 65536, reason: 'truncated' },
  { name: 'deflate, tables at the end', options: ['-c'], lost: 65536, reason: 'table-outside-file' },
  { name: 'clusters of 4 KiB', options: ['-o', 'cluster_size=4k'], lost: 8192, reason: 'truncated' },
]

test.skipIf(!hasQemu).each(cuts)(`QEMU's disk without its end is refused: $name${qemuNote}`, async (cut) => {
  qemuImg(folder, 'convert', '-f', 'raw', '-O', 'qcow2', ...cut.options, 'disk.raw', 'cut.qcow2')
  const { size } = await stat(join(folder, 'cut.qcow2'))
  await truncate(join(folder, 'cut.qcow2'), size - cut.lost)
  expect(await inspectFile('cut.qcow2')).toMatchObject({ ok: false, reason: cut.reason })
})
