import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { S3Server } from './fixtures/s3-server'
import { FolderStore } from './folder'
import { isSound } from './sound'
import { storeOf } from './store'

// Each version of a content is read once, however many ask.

const folder = mkdtempSync(path.join(tmpdir(), 'sound-'))
const server = new S3Server()
await server.start()
process.env.DATABASE_URL ??= 'postgresql://none'
process.env.ECS_STORE_CN_FOLDER = folder
process.env.ECS_STORE_CN_BUCKET = `s3://images/of/it?endpoint=${server.settings().endpoint}`
process.env.ECS_STORE_CN_BUCKET_ACCESS_KEY_ID = 'S3RVER'
process.env.ECS_STORE_CN_BUCKET_SECRET_ACCESS_KEY = 'S3RVER'
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  vi.restoreAllMocks()
})

const nobodyLeaves = () => new AbortController().signal
const regions = ['cn-folder', 'cn-bucket']

async function kept(region: string, bytes = randomBytes(3 * 2 ** 20)) {
  const key = `k${randomBytes(6).toString('hex')}`
  await storeOf(region).put(key, Readable.from([bytes]), { size: bytes.length })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { region, key, sha256, size: bytes.length, bytes, reads: vi.spyOn(storeOf(region), 'read') }
}

test.each(regions)('24 concurrent checks in %s share one read, and a later one needs none', async (region) => {
  const content = await kept(region)
  const asked = Array.from({ length: 24 }, () => isSound(content, nobodyLeaves()))
  expect(new Set(await Promise.all(asked))).toEqual(new Set([true]))
  expect(await isSound(content, nobodyLeaves())).toBe(true)
  expect(content.reads).toHaveBeenCalledTimes(1)
})

test.each(regions)('bytes in %s that change after a check are read again, and refused', async (region) => {
  const content = await kept(region)
  expect(await isSound(content, nobodyLeaves())).toBe(true)
  const rot = Buffer.concat([Buffer.from('rot'), content.bytes.subarray(3)])
  await storeOf(region).put(content.key, Readable.from([rot]), { size: rot.length })
  expect(await isSound(content, nobodyLeaves())).toBe(false)
  // Damage is not cached: once repaired, the content is sound.
  await storeOf(region).put(content.key, Readable.from([content.bytes]), { size: rot.length })
  expect(await isSound(content, nobodyLeaves())).toBe(true)
  await storeOf(region).delete(content.key)
  expect(await isSound(content, nobodyLeaves())).toBe(false)
})

test('a file changed in place with its mtime restored is read again', async () => {
  const content = await kept('cn-folder')
  const file = path.join(folder, content.key)
  expect(await isSound(content, nobodyLeaves())).toBe(true)
  const { atime, mtime } = await stat(file)
  const bytes = await readFile(file)
  bytes.write('rot', 100)
  await writeFile(file, bytes)
  await utimes(file, atime, mtime)
  expect(await isSound(content, nobodyLeaves())).toBe(false)
})

test('bytes replaced during a read are read again, a limited number of times', async () => {
  const content = await kept('cn-folder')
  const rot = Buffer.concat([Buffer.from('rot'), content.bytes.subarray(3)])
  const replace = (bytes: Buffer) =>
    storeOf('cn-folder').put(content.key, Readable.from([bytes]), { size: bytes.length })
  content.reads.mockImplementationOnce(async () => {
    await replace(rot)
    return Readable.from([content.bytes])
  })
  expect(await isSound(content, nobodyLeaves())).toBe(false)
  expect(content.reads).toHaveBeenCalledTimes(2)
  content.reads.mockImplementation(async () => {
    await replace(rot)
    return Readable.from([content.bytes])
  })
  await expect(isSound(content, nobodyLeaves())).rejects.toThrow('replaced again and again')
})

test('an aborted caller stops no other’s check, and the last one stops the read', async () => {
  const content = await kept('cn-folder')
  const unwatched = new FolderStore({ kind: 'folder', folder, isOurs: false, reserveMin: 0 })
  const held: Readable[] = []
  content.reads.mockImplementation(async (key) => {
    const whole = await unwatched.read(key)
    const slow = new Readable({ read() {} })
    whole.on('data', (chunk) => slow.push(chunk))
    whole.on('end', () => held.push(slow))
    return slow
  })
  const [first, second] = [new AbortController(), new AbortController()]
  const asked = [isSound(content, first.signal), isSound(content, second.signal)] as const
  await expect.poll(() => held.length).toBe(1)
  first.abort(new Error('The first has left.'))
  await expect(asked[0]).rejects.toThrow('The first has left.')
  held[0]?.push(null)
  expect(await asked[1]).toBe(true)

  const other = { ...content, ...(await kept('cn-folder')) }
  const leaving = new AbortController()
  const alone = isSound(other, leaving.signal)
  await expect.poll(() => held.length).toBe(2)
  leaving.abort(new Error('Everybody has left.'))
  await expect(alone).rejects.toThrow('Everybody has left.')
  await expect.poll(() => held[1]?.destroyed).toBe(true)
})

test('a verified content is read again after ten minutes, since a medium may decay silently', async () => {
  const content = await kept('cn-folder')
  expect(await isSound(content, nobodyLeaves())).toBe(true)
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 11 * 60_000)
  expect(await isSound(content, nobodyLeaves())).toBe(true)
  expect(content.reads).toHaveBeenCalledTimes(2)
})
