import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hasQemu, qemuImg, qemuNote } from './fixtures/qemu'
import { inspectDisk } from './inspect'
import { bufferReader } from './reader'
import { buildQcow2, buildRawDisk } from './samples'

const mib = 1024 ** 2
const folder = await mkdtemp(join(tmpdir(), 'samples-'))
afterAll(() => rm(folder, { recursive: true }))

test('a sample depends only on its seed', () => {
  const sample = { sizeMib: 4, label: 'web', seed: 1 }
  expect(buildRawDisk(sample).equals(buildRawDisk(sample))).toBe(true)
  expect(buildRawDisk(sample).equals(buildRawDisk({ ...sample, seed: 2 }))).toBe(false)
})

test.each([3, 1025, 4.5, Number.NaN])('a sample of %d MiB throws', (sizeMib) => {
  expect(() => buildRawDisk({ sizeMib, label: 'web', seed: 1 })).toThrow(RangeError)
})

test('16 MiB take less than 1.5 MiB in qcow2', () => {
  expect(buildQcow2({ raw: buildRawDisk({ sizeMib: 16, label: 'web', seed: 1 }) }).length).toBeLessThan(1.5 * mib)
})

test('the partition holds its label and a README', () => {
  const volume = buildRawDisk({ sizeMib: 16, label: 'Web server, blue', seed: 1 }).subarray(mib)
  const root = (1 + 2 * volume.readUInt16LE(22)) * 512
  expect(volume.toString('latin1', 43, 62)).toBe('WEB SERVER_FAT16   ')
  expect(volume.toString('latin1', root, root + 11)).toBe('WEB SERVER_')
  expect(volume.toString('latin1', root + 32, root + 43)).toBe('README  TXT')
  const data = root + 512 * 32
  expect(volume.toString('utf8', data, data + 16)).toBe('Web server, blue')
})

const shapes = [
  { sizeMib: 4, clusterBits: 9 },
  { sizeMib: 5, clusterBits: 12 },
  { sizeMib: 16, clusterBits: 16 },
  { sizeMib: 33, clusterBits: 16 },
  { sizeMib: 16, clusterBits: 21 },
]

test.each(shapes)('$sizeMib MiB in clusters of 2^$clusterBits are accepted', async ({ sizeMib, clusterBits }) => {
  const raw = buildRawDisk({ sizeMib, label: 'web', seed: 1 })
  const disk = { virtualSize: sizeMib * mib }
  expect(await inspectDisk(bufferReader(raw))).toMatchObject({ ok: true, disk })
  expect(await inspectDisk(bufferReader(buildQcow2({ raw, clusterBits })))).toMatchObject({ ok: true, disk })
})

test.skipIf(!hasQemu).each(shapes)(
  `$sizeMib MiB in clusters of 2^$clusterBits pass qemu-img check${qemuNote}`,
  async ({ sizeMib, clusterBits }) => {
    const raw = buildRawDisk({ sizeMib, label: 'web', seed: 1 })
    // Data that fills many clusters, and reference counts that fill many of the small blocks.
    raw.fill('data', mib + 512 * 1024, mib + 1536 * 1024)
    await writeFile(join(folder, 'disk.raw'), raw)
    await writeFile(join(folder, 'disk.qcow2'), buildQcow2({ raw, clusterBits }))
    expect(qemuImg(folder, 'check', '-f', 'qcow2', 'disk.qcow2')).toContain('No errors were found')
    expect(qemuImg(folder, 'compare', '-f', 'raw', '-F', 'qcow2', 'disk.raw', 'disk.qcow2')).toContain('identical')
  },
)
