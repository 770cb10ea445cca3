import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { rawDisk } from './fixtures/patch'
import { genisoimageNote, hasGenisoimage, hasQemu, makeIso, qemuImg, qemuNote } from './fixtures/qemu'
import { vdiDisk } from './fixtures/vdi'
import { dynamicVhd, fixedVhd } from './fixtures/vhd'
import { vhdxDisk } from './fixtures/vhdx-disk'
import { sparseVmdk, streamVmdk } from './fixtures/vmdk'
import { inspectDisk } from './inspect'
import { openFileReader } from './reader'

// Formats other than qcow2, as QEMU and genisoimage write them; qcow2 has its own test file.
const mib = 1024 ** 2
const folder = await mkdtemp(join(tmpdir(), 'foreign-'))
await writeFile(join(folder, 'disk.raw'), rawDisk)
// Half a MiB, so that the last block is not full.
await writeFile(join(folder, 'odd.raw'), Buffer.concat([rawDisk, Buffer.alloc(mib / 2, 'x')]))
await writeFile(join(folder, 'README'), 'A file for a disc.')
afterAll(() => rm(folder, { recursive: true }))

async function inspectFile(name: string) {
  const reader = await openFileReader(join(folder, name))
  try {
    return await inspectDisk(reader)
  } finally {
    await reader.close()
  }
}

type Written = { name: string; format: string; commands: readonly string[][] }

function convert(driver: string, options: string, source = 'disk.raw'): string[] {
  return ['convert', '-f', 'raw', '-O', driver, ...(options ? ['-o', options] : []), source, 'good']
}

function create(driver: string, size: string, options = ''): string[] {
  return ['create', '-q', '-f', driver, ...(options ? ['-o', options] : []), 'good', size]
}

function written(format: string, driver: string, options: readonly string[]): Written[] {
  return options.flatMap((option) => [
    { name: `${format}, ${option || 'as it is'}`, format, commands: [convert(driver, option)] },
    { name: `${format}, ${option || 'as it is'}, 4.5 MiB`, format, commands: [convert(driver, option, 'odd.raw')] },
    { name: `${format}, ${option || 'as it is'}, no data`, format, commands: [create(driver, '10M', option)] },
  ])
}

const good: readonly Written[] = [
  ...written('vmdk', 'vmdk', ['', 'subformat=monolithicSparse,adapter_type=lsilogic', 'compat6=on']),
  ...written('vmdk', 'vmdk', ['subformat=streamOptimized', 'subformat=monolithicSparse,zeroed_grain=on']),
  ...written('vhd', 'vpc', ['', 'subformat=dynamic,force_size=on', 'subformat=fixed', 'subformat=fixed,force_size=on']),
  ...written('vhdx', 'vhdx', ['', 'block_size=1M', 'block_size=256M', 'log_size=2M', 'block_state_zero=off']),
  ...written('vhdx', 'vhdx', ['subformat=fixed,block_size=1M', 'subformat=fixed,block_size=8M']),
  ...written('vdi', 'vdi', ['', 'static=on']),
  { name: 'vmdk, 2 TiB', format: 'vmdk', commands: [create('vmdk', '2T')] },
  { name: 'vhd, 2040 GiB', format: 'vhd', commands: [create('vpc', '2040G', 'force_size=on')] },
  { name: 'vhd, the largest geometry', format: 'vhd', commands: [create('vpc', '2040G')] },
  { name: 'vhdx, 2 TiB', format: 'vhdx', commands: [create('vhdx', '2T', 'block_size=1M')] },
  { name: 'vdi, 2 TiB', format: 'vdi', commands: [create('vdi', '2T')] },
]

test.skipIf(!hasQemu).each(good)(`QEMU's disk is accepted: $name${qemuNote}`, async ({ format, commands }) => {
  for (const command of commands) qemuImg(folder, ...command)
  const driver = format === 'vhd' ? 'vpc' : format
  const info: unknown = JSON.parse(qemuImg(folder, 'info', '-f', driver, '--output=json', 'good'))
  // The inspector reports the same disk that QEMU would show a guest.
  expect(info).toMatchObject({ format: driver, 'virtual-size': expect.any(Number) })
  const virtualSize = (info instanceof Object && 'virtual-size' in info && info['virtual-size']) || 0
  expect(await inspectFile('good')).toMatchObject({ ok: true, disk: { format, virtualSize } })
})

const outside = ['-u', '-b', '/etc/passwd']
type Refused = { name: string; reason: string; facts?: object; commands: readonly string[][]; file?: string }

const refused: readonly Refused[] = [
  ...['monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat'].map((kind) => ({
    name: `vmdk, ${kind}`,
    reason: 'descriptor-only',
    facts: { kind },
    commands: [['create', '-q', '-f', 'vmdk', '-o', `subformat=${kind}`, 'bad.vmdk', '4M']],
  })),
  {
    name: 'vmdk, one part of several',
    reason: 'bad-descriptor',
    facts: { problem: 'missing' },
    commands: [['create', '-q', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', 'bad.vmdk', '4M']],
    file: 'bad-s001.vmdk',
  },
  {
    name: 'vmdk with a parent',
    reason: 'backing-file',
    commands: [
      ['create', '-q', '-f', 'vmdk', 'parent.vmdk', '4M'],
      ['create', '-q', '-f', 'vmdk', '-b', 'parent.vmdk', '-F', 'vmdk', 'bad.vmdk'],
    ],
  },
  {
    name: 'qcow2 with a host file',
    reason: 'backing-file',
    commands: [['create', '-q', '-f', 'qcow2', ...outside, '-F', 'raw', 'bad.vmdk', '4M']],
  },
  {
    name: 'qed with a host file',
    reason: 'unsupported-format',
    commands: [['create', '-q', '-f', 'qed', ...outside, '-F', 'raw', 'bad.vmdk', '4M']],
  },
  {
    name: 'parallels',
    reason: 'unsupported-format',
    commands: [['create', '-q', '-f', 'parallels', 'bad.vmdk', '4M']],
  },
  ...['vmdk', 'vhdx', 'vdi'].map((driver) => ({
    name: `${driver}, 3 TiB`,
    reason: 'virtual-size-too-large',
    commands: [['create', '-q', '-f', driver, 'bad.vmdk', '3T']],
  })),
]

test.skipIf(!hasQemu).each(refused)(`QEMU's disk is refused: $name${qemuNote}`, async (disk) => {
  for (const command of disk.commands) qemuImg(folder, ...command)
  const facts = expect.objectContaining(disk.facts ?? {})
  expect(await inspectFile(disk.file ?? 'bad.vmdk')).toEqual({ ok: false, reason: disk.reason, facts })
})

const cuts = [
  { driver: 'vmdk', options: 'subformat=monolithicSparse', lost: 65536 },
  { driver: 'vpc', options: 'subformat=dynamic', lost: 512 },
  { driver: 'vhdx', options: 'block_size=1M', lost: mib },
  { driver: 'vdi', options: 'static=off', lost: mib },
]

test.skipIf(!hasQemu).each(cuts)(`QEMU's disk without its end is refused: $driver${qemuNote}`, async (cut) => {
  qemuImg(folder, ...convert(cut.driver, cut.options))
  const { size } = await stat(join(folder, 'good'))
  await truncate(join(folder, 'good'), size - cut.lost)
  expect(await inspectFile('good')).toMatchObject({ ok: false, reason: 'truncated' })
})

// Checks that other tools accept our hand-made disks; otherwise their refusal in other tests would prove little.
const ours = { sparseVmdk, streamVmdk, dynamicVhd, fixedVhd, vhdxDisk, vdiDisk }
const drivers = {
  sparseVmdk: 'vmdk',
  streamVmdk: 'vmdk',
  dynamicVhd: 'vpc',
  fixedVhd: 'vpc',
  vhdxDisk: 'vhdx',
  vdiDisk: 'vdi',
}

test.skipIf(!hasQemu).each(['sparseVmdk', 'streamVmdk', 'dynamicVhd', 'fixedVhd', 'vhdxDisk', 'vdiDisk'] as const)(
  `QEMU reads the content of the raw disk from a disk of the fixtures: %s${qemuNote}`,
  async (name) => {
    await writeFile(join(folder, 'ours'), ours[name])
    expect(qemuImg(folder, 'compare', '-f', 'raw', '-F', drivers[name], 'disk.raw', 'ours')).toContain('identical')
  },
)

const discs = [[], ['-J', '-R'], ['-udf'], ['-iso-level', '3', '-V', 'LABEL'], ['-no-pad']]

test.skipIf(!hasGenisoimage).each(discs.map((options) => ({ options })))(
  `a disc of genisoimage is accepted: $options${genisoimageNote}`,
  async ({ options }) => {
    makeIso(folder, 'disc.iso', ...options, 'README')
    const { size } = await stat(join(folder, 'disc.iso'))
    expect(await inspectFile('disc.iso')).toMatchObject({ ok: true, disk: { format: 'iso', virtualSize: size } })
    await truncate(join(folder, 'disc.iso'), size - 2048)
    expect(await inspectFile('disc.iso')).toMatchObject({ ok: false, reason: 'truncated' })
  },
)
