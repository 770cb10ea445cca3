import { expect, test } from 'vitest'
import type { RefusedCase } from './fixtures/cases'
import { refusedOthers } from './fixtures/others'
import { patched, places, qcow2Disk, qcow2Header, rawDisk, sparseReader } from './fixtures/patch'
import { goodQcow2, refusedQcow2 } from './fixtures/qcow2'
import { goodRaw, refusedRaw } from './fixtures/raw'
import { inspectDisk } from './inspect'
import { bufferReader } from './reader'
import { type DiskReason, diskReasons } from './reasons'

const mib = 1024 ** 2

// A reason without a disk that is refused for it does not compile.
const refused = {
  empty: [...refusedRaw.empty, ...refusedQcow2.empty],
  truncated: [...refusedRaw.truncated, ...refusedQcow2.truncated],
  ambiguous: refusedOthers.ambiguous,
  'unsupported-format': refusedOthers['unsupported-format'],
  'unsupported-version': refusedQcow2['unsupported-version'],
  'not-a-disk': refusedRaw['not-a-disk'],
  'bad-header': refusedQcow2['bad-header'],
  'virtual-size-too-large': [...refusedRaw['virtual-size-too-large'], ...refusedQcow2['virtual-size-too-large']],
  'backing-file': refusedQcow2['backing-file'],
  'external-data-file': refusedQcow2['external-data-file'],
  encrypted: refusedQcow2.encrypted,
  'internal-snapshots': refusedQcow2['internal-snapshots'],
  'unknown-feature': refusedQcow2['unknown-feature'],
  dirty: refusedQcow2.dirty,
  corrupt: refusedQcow2.corrupt,
  'cluster-size': refusedQcow2['cluster-size'],
  'table-too-small': refusedQcow2['table-too-small'],
  'table-too-large': refusedQcow2['table-too-large'],
  'table-outside-file': refusedQcow2['table-outside-file'],
  'table-misplaced': refusedQcow2['table-misplaced'],
  'shared-tables': refusedQcow2['shared-tables'],
  amplification: refusedQcow2.amplification,
  'partition-table': refusedRaw['partition-table'],
  'partition-outside-disk': refusedRaw['partition-outside-disk'],
} satisfies Record<DiskReason, readonly [RefusedCase, ...RefusedCase[]]>

for (const reason of diskReasons) {
  const cases: readonly RefusedCase[] = refused[reason]
  test.each(cases)(`${reason}: $name`, async ({ disk, facts = {} }) => {
    const reader = Buffer.isBuffer(disk) ? bufferReader(disk) : disk
    expect(await inspectDisk(reader)).toEqual({ ok: false, reason, facts })
  })
}

test.each(Object.entries(goodRaw))('%s is accepted as raw', async (_, disk) => {
  const virtualSize = Math.ceil(disk.length / 512) * 512
  expect(await inspectDisk(bufferReader(disk))).toEqual({ ok: true, disk: { format: 'raw', virtualSize } })
})

test.each(Object.entries(goodQcow2))('%s is accepted', async (_, disk) => {
  const virtualSize = Number(disk.readBigUInt64BE(24))
  expect(await inspectDisk(bufferReader(disk))).toEqual({ ok: true, disk: { format: 'qcow2', virtualSize } })
})

test('a guest sees whole sectors of a raw disk', async () => {
  const disk = Buffer.concat([rawDisk, Buffer.from('x')])
  expect(await inspectDisk(bufferReader(disk))).toMatchObject({ disk: { virtualSize: rawDisk.length + 512 } })
})

test.each([
  ['raw', rawDisk],
  ['qcow2', qcow2Disk],
])('a limit of its own includes a disk of just that size: %s', async (_, disk) => {
  const reader = bufferReader(disk)
  expect(await inspectDisk(reader, { virtualSizeMax: 4 * mib })).toMatchObject({ ok: true })
  const refusal = await inspectDisk(reader, { virtualSizeMax: 4 * mib - 1 })
  expect(refusal).toMatchObject({ ok: false, reason: 'virtual-size-too-large' })
})

test('what reaches out of a file is named before what is broken in it', async () => {
  const broken = [
    { at: 32, put: 2 },
    { at: 36, put: 0xffffffff },
    { at: 72, put: 3n },
  ]
  const disk = patched(qcow2Disk, { at: 8, put: 512n }, ...broken)
  expect(await inspectDisk(bufferReader(disk))).toMatchObject({ ok: false, reason: 'backing-file' })
})

test.each([9, 13, 21])('a file of 1 PiB whose tables are as large as they may be: clusters of 2^%i', async (bits) => {
  const entries = mib
  const file = sparseReader(
    2 ** 50,
    { at: 0, put: qcow2Header(bits, 1n, entries) },
    { at: 40, put: BigInt(16 * mib) },
    { at: 56, put: Math.min((8 * mib) / 2 ** bits, 2048) },
    { at: 16 * mib, put: places(entries, 32 * mib, 2 ** bits) },
  )
  expect(await inspectDisk(file)).toMatchObject({ ok: true })
  expect(file.bytesRead()).toBeLessThan(160 * mib)
})
