import { randomBytes } from 'node:crypto'
import { truncate } from 'node:fs/promises'
import type http from 'node:http'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { NotStored, StoreFull, StoreUnreachable, WrongSize } from './errors'
import { S3Server } from './fixtures/s3-server'
import { partBytes } from './multipart'
import { S3Store } from './s3'

// What only a bucket can do wrong.

const mib = 2 ** 20
const server = new S3Server()
let store: S3Store
beforeAll(async () => {
  await server.start()
  store = new S3Store(server.settings())
})
afterEach(() => {
  server.before = () => false
})
afterAll(() => server.stop())

const put = (to: S3Store, key: string, bytes: Buffer) => to.put(key, Readable.from([bytes]), { size: bytes.length })

function answerWith(response: http.ServerResponse, status: number, code: string): boolean {
  response
    .writeHead(status, { connection: 'close' })
    .end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
  return true
}

test.each([
  { name: 'wrong credentials', changes: { credentials: { accessKeyId: 'NOBODY', secretAccessKey: 'x' } } },
  { name: 'a bucket that is not there', changes: { bucket: 'nowhere' } },
  { name: 'an address where nobody listens', changes: { endpoint: 'http://127.0.0.1:9' } },
])('with $name the store is unreachable', async ({ changes }) => {
  const other = new S3Store(server.settings(changes))
  const asks = [
    other.check(),
    other.stat('a'),
    other.read('a'),
    other.delete('a'),
    put(other, 'a', randomBytes(17 * mib)),
  ]
  await Promise.all(asks.map((asked) => expect(asked).rejects.toBeInstanceOf(StoreUnreachable)))
})

test('bytes are sent as they are, without a checksum that an older server would keep as a part of them', async () => {
  const sent: string[] = []
  server.before = ({ method, headers }) => {
    if (method === 'PUT')
      sent.push(...Object.keys(headers).filter((name) => /^x-amz-(trailer|checksum|sdk-checksum)/.test(name)))
    return false
  }
  const bytes = randomBytes(17 * mib)
  await put(store, 'whole', bytes.subarray(0, mib))
  await put(store, 'parts', bytes)
  expect(sent).toEqual([])
  expect((await buffer(await store.read('parts'))).equals(bytes)).toBe(true)
  await Promise.all([store.delete('whole'), store.delete('parts')])
})

test.each([
  [403, 'QuotaExceeded'],
  [507, 'XMinioStorageFull'],
  [507, 'SomethingNew'],
])('a bucket that answers %d %s is full, and no part stays', async (status, code) => {
  server.before = (request, response) => request.method === 'PUT' && answerWith(response, status, code)
  await expect(put(store, 'full', randomBytes(mib))).rejects.toBeInstanceOf(StoreFull)
  await expect(put(store, 'full', randomBytes(17 * mib))).rejects.toBeInstanceOf(StoreFull)
  expect(await server.uploads()).toEqual([])
})

test('one part that is refused ends the put, however long the source would go on', async () => {
  server.before = (request, response) =>
    /partNumber=2/.test(request.url ?? '') && answerWith(response, 403, 'QuotaExceeded')
  const source = new Readable({ read() {} })
  for (let pushed = 0; pushed < 33; pushed++) source.push(Buffer.alloc(mib))
  await expect(store.put('stopped', source, { size: 640 * mib })).rejects.toBeInstanceOf(StoreFull)
  expect(source.destroyed).toBe(true)
  expect(await server.uploads()).toEqual([])
})

test.each([mib, 17 * mib])('a server that does not answer to %d bytes is given up at once', async (size) => {
  const giving = new AbortController()
  server.before = (request) => {
    if (request.method === 'PUT') giving.abort(new Error('Given up.'))
    return request.method === 'PUT'
  }
  const source = Readable.from([randomBytes(size)])
  await expect(store.put('slow', source, { size, signal: giving.signal })).rejects.toThrow('Given up.')
  expect(await server.uploads()).toEqual([])
})

test('a part is sent again when the connection breaks', async () => {
  let broken = 0
  server.before = (request) => {
    if (request.method !== 'PUT' || broken++ > 0) return false
    request.socket.destroy()
    return true
  }
  const bytes = randomBytes(17 * mib)
  await put(store, 'again', bytes)
  expect((await buffer(await store.read('again'))).equals(bytes)).toBe(true)
  expect(broken).toBeGreaterThan(1)
})

test('a connection that breaks while bytes are read is a store out of reach, and no short file', async () => {
  await put(store, 'broken', randomBytes(8 * mib))
  const connections: http.IncomingMessage['socket'][] = []
  server.before = (request) => connections.push(request.socket) < 0
  const stream = await store.read('broken')
  stream.once('data', () => {
    for (const connection of connections) connection.destroy()
  })
  await expect(buffer(stream)).rejects.toBeInstanceOf(StoreUnreachable)
})

test('bytes that the server has changed on their way are refused and removed', async () => {
  server.before = async (request) => {
    if (request.method === 'HEAD') await truncate(path.join(server.folder, 'of/a-region/changed._S3rver_object'), 5)
    return false
  }
  await expect(put(store, 'changed', randomBytes(10))).rejects.toBeInstanceOf(WrongSize)
  server.before = () => false
  expect(await store.stat('changed')).toBeNull()
})

test('a server that answers with another part than was asked for is not believed', async () => {
  await put(store, 'other-part', Buffer.from('0123456789'))
  server.before = (request) => {
    if (request.headers.range) request.headers.range = 'bytes=5-7'
    return false
  }
  await expect(store.read('other-part', { start: 1, end: 4 })).rejects.toBeInstanceOf(StoreUnreachable)
})

test('whoever does not finish reading holds no connection', async () => {
  await put(store, 'unread', randomBytes(8 * mib))
  const connections = new Set<http.IncomingMessage['socket']>()
  server.before = (request) => connections.add(request.socket).size < 0
  const stream = await store.read('unread')
  stream.destroy()
  await expect.poll(() => [...connections].every((connection) => connection.destroyed)).toBe(true)
})

test('keys of others in the bucket are not listed, and all uploads of ours are', async () => {
  const other = new S3Store(server.settings({ prefix: 'of/another/' }))
  await put(other, 'theirs', Buffer.from('x'))
  const stalling = [1, 2].map(() => new Readable({ read() {} }))
  const going = stalling.map((source) => {
    source.push(randomBytes(16 * mib))
    return expect(store.put('twice', source, { size: 17 * mib })).rejects.toThrow()
  })
  await expect.poll(async () => (await server.uploads()).length).toBe(2)
  const found: string[] = []
  for await (const { key, isPartial } of store.list()) if (isPartial || key === 'theirs') found.push(key)
  expect(found).toEqual(['twice', 'twice'])
  await store.delete('twice')
  expect(await server.uploads()).toEqual([])
  for (const source of stalling) source.destroy(new Error('The source has broken.'))
  await Promise.all(going)
})

test('what is missing is missing also where only the server can tell', async () => {
  await expect(store.read('missing')).rejects.toBeInstanceOf(NotStored)
  expect(await store.stat('missing')).toBeNull()
})

test('10,000 parts hold any image', () => {
  for (const size of [64 * 2 ** 30, 2 ** 40, 5 * 2 ** 40]) expect(partBytes(size) * 10_000).toBeGreaterThanOrEqual(size)
  expect(partBytes(64 * 2 ** 30)).toBe(16 * mib)
})
