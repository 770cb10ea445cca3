import { Readable } from 'node:stream'
import { afterAll, afterEach, expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { storeOf } from '@/lib/stores/store'
import { account, bucketRegion, inMotion, keysIn, stored } from '@/lib/testing/builders'
import { collectGarbage } from './gc'
import { showFindings, verify } from './verify'

// `verify` and `gc` with a bucket that is unreachable, breaks off, or has parts left by dead writers.

const mib = 2 ** 20
const server = new S3Server()
await server.start()
afterEach(() => {
  server.before = () => false
})
afterAll(() => server.stop())

async function blobOf(imageId: string) {
  const { blob } = await db().image.findUniqueOrThrow({ where: { id: imageId }, select: { blob: true } })
  if (!blob) throw new Error('The image has no bytes.')
  return blob
}

const of = async (regionId: string, id: string) =>
  (await verify()).filter((finding) => finding.id === id || finding.id === regionId)

test('bytes behind a refused access key are reported as not checked, with code, host and advice', async () => {
  const [here, owner] = [await bucketRegion(server), await account()]
  const images = [await stored(owner, here), await stored(owner, here), await stored(owner, here)]
  images.push(await stored(owner, here), await stored(owner, here))
  const asked: string[] = []
  server.before = ({ method = '', url = '' }, response) => {
    if (!url.includes(here)) return false
    if (method === 'HEAD') asked.push(url)
    const body = '<Error><Code>InvalidAccessKeyId</Code></Error>'
    response.writeHead(403, { connection: 'close' }).end(method === 'HEAD' ? undefined : body)
    return true
  }
  const shown = await showFindings({}, false)
  const value = shown.ok ? shown.value : null
  const lines = value?.lines.filter((line) => line.includes(here)) ?? []
  expect(lines).toHaveLength(4)
  for (const line of lines) {
    expect(line).toMatch(/^not checked: /)
    expect(line).toContain(
      `images at ${server.settings().endpoint} answers 403 InvalidAccessKeyId. Check the access key`,
    )
  }
  expect(lines.at(-1)).toContain('2 more contents were not asked for.')
  expect(asked).toHaveLength(3)
  expect(value?.complaint).toContain('Not everything could be checked')
  const findings = (await verify()).filter(({ message }) => message.includes(here))
  expect(findings.map(({ severity }) => severity)).toEqual(Array(4).fill('unchecked'))
})

test('one connection that breaks while bytes are read is no finding at all', async () => {
  const [here, owner] = [await bucketRegion(server), await account()]
  const { id } = await blobOf(await stored(owner, here))
  let broken = 0
  server.before = ({ method, url = '' }, response) => {
    if (method === 'GET' && url.includes(id) && broken === 0) server.cut(response, 100_000, () => broken++)
    return false
  }
  expect(await of(here, id)).toEqual([])
  expect(broken).toBe(1)
})

test('of unfinished uploads beside complete bytes the old one is removed; the recent one and the bytes stay', async () => {
  const [here, owner] = [await bucketRegion(server), await account()]
  const imageId = await stored(owner, here)
  const blob = await blobOf(imageId)
  const key = blobKey(blob)
  const writers = [1, 2].map(() => new Readable({ read() {} }))
  const writing = writers.map((source) => {
    source.push(Buffer.alloc(16 * mib))
    return expect(storeOf(here).put(key, source, { size: 17 * mib })).rejects.toThrow()
  })
  await expect.poll(async () => (await server.uploads()).length).toBe(2)
  const [old = '', young = ''] = await server.uploads()

  // An image that is being copied here: its worker may be writing either part.
  const where = { id: imageId }
  await db().image.update({ where, data: { state: 'importing', ...inMotion('importing') } })
  expect(await of(here, key)).toEqual([])
  await db().image.update({ where, data: { state: 'available', transfer: { delete: true } } })

  expect(await of(here, key)).toMatchObject([{ kind: 'orphan' }, { kind: 'orphan' }])
  await server.backdate(old, new Date(Date.now() - 25 * 3_600_000))
  expect(await collectGarbage({ forced: false, now: new Date() })).toMatchObject({ ok: true })
  expect(await server.uploads()).toEqual([young])
  expect(await keysIn(here)).toContain(key)
  expect((await storeOf(here).stat(key))?.size).toBe(Number(blob.size))
  for (const source of writers) source.destroy(new Error('The writer has died.'))
  await Promise.all(writing)
})
