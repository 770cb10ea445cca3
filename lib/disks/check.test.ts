import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type CheckOptions, checkGuest } from './check'
import { buildQcow2, buildRawDisk } from './samples'

const folder = mkdtempSync(join(tmpdir(), 'check-'))
afterAll(() => rmSync(folder, { recursive: true }))

const disk = buildRawDisk({ sizeMib: 8, label: 'harbour web', seed: 3 })
const path = join(folder, 'disk')
const check = (bytes: Buffer, format: 'raw' | 'qcow2', options: Partial<CheckOptions> = {}) => {
  writeFileSync(path, bytes)
  const { signal } = new AbortController()
  return checkGuest({ path, format }, { deep: false, signal, onProgress: () => {}, ...options })
}

test("the project's own sample disk is clean, whatever it is packed in", async () => {
  const report = await check(disk, 'raw')
  expect(report).toMatchObject({ verdict: 'clean', reason: null, files: 1, findings: [] })
  expect(await check(buildQcow2({ raw: disk }), 'qcow2')).toEqual({ ...report, seconds: expect.any(Number) })
})

test('a disk of zeros is clean; one other byte makes it unchecked', async () => {
  const empty = Buffer.alloc(1024 ** 2)
  expect(await check(empty, 'raw')).toMatchObject({ verdict: 'clean', reason: null, files: 0 })
  empty[700_000] = 1
  expect(await check(empty, 'raw')).toMatchObject({ verdict: 'unchecked', reason: 'NOTHING_READABLE' })
})

test('the signal ends a check', async () => {
  await expect(check(disk, 'raw', { signal: AbortSignal.abort(new Error('ended')) })).rejects.toThrow('ended')
})

test('a file system with more files than the limit is unchecked', async () => {
  const tooMany = { verdict: 'unchecked', reason: 'MEMORY', files: 0, partitions: [{ readable: false }] }
  expect(await check(disk, 'raw', { limits: { filesMax: 0 } })).toMatchObject(tooMany)
  expect(await check(disk, 'raw', { limits: { filesMax: 1 } })).toMatchObject({ verdict: 'clean', files: 1 })
})
