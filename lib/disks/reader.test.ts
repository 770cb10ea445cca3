import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bufferReader, openFileReader, readWhole } from './reader'

const folder = await mkdtemp(join(tmpdir(), 'reader-'))
const path = join(folder, 'digits')
await writeFile(path, '0123456789')
const file = await openFileReader(path)
const readers = { file, buffer: bufferReader(Buffer.from('0123456789')) }

afterAll(async () => {
  await file.close()
  await rm(folder, { recursive: true })
})

test.each([
  { offset: 0, length: 10, gives: '0123456789' },
  { offset: 3, length: 4, gives: '3456' },
  { offset: 8, length: 100, gives: '89' },
  { offset: -2, length: 5, gives: '012' },
  { offset: 10, length: 1, gives: '' },
  { offset: 1000, length: 5, gives: '' },
  { offset: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER, gives: '' },
  { offset: 5, length: -1, gives: '' },
])('$length bytes from $offset are "$gives"', async ({ offset, length, gives }) => {
  for (const reader of Object.values(readers)) {
    expect(reader.size).toBe(10)
    expect((await reader.read(offset, length)).toString()).toBe(gives)
  }
})

test('a whole read gives all bytes or null', async () => {
  for (const reader of Object.values(readers)) {
    expect((await readWhole(reader, 8, 2))?.toString()).toBe('89')
    expect(await readWhole(reader, 8, 3)).toBeNull()
  }
})

test('a missing file throws', async () => {
  await expect(openFileReader(join(folder, 'nothing'))).rejects.toThrow('ENOENT')
})
