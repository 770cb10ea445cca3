import { randomBytes } from 'node:crypto'
import { truncate } from 'node:fs/promises'
import type http from 'node:http'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { NotStored, StoreFull, StoreRefused, StoreUnreachable, WrongSize } from './errors'
import { S3Server } from './fixtures/s3-server'
import { partBytes, partsAtOnce } from './multipart'
import { S3Store } from './s3'

// Failures that only a bucket has.

const mib = 2 ** 20
const server = new S3Server()
let store: S3Store
beforeAll(async () => {
  await server.start()
  store = new S3Store(server.settings())
})
afterEach(() => {
  server.before = () => false
  server.hidesEtag = false
})
afterAll(() => server.stop())

const put = (to: S3Store, key: string, bytes: Buffer) => to.put(key, Readable.from([bytes]), { size: bytes.length })

function answerWith(response: http.ServerResponse, status: number, code: string): boolean {
  response
    .writeHead(status, { connection: 'close' })
    .end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
  return true
}

const secret = 'a-secret-that-no-message-repeats'
test.each([
  {
    name: 'a key that the server does not know',
    changes: { credentials: { accessKeyId: 'NOBODY', secretAccessKey: secret } },
    kind: StoreRefused,
    said: /answers 403 InvalidAccessKeyId\. Check the access key/,
  },
  {
    name: 'a bucket that is not there',
    changes: { bucket: 'nowhere' },
    kind: StoreRefused,
    said: /nowhere at .* answers 404 NoSuchBucket\. Check the name of the bucket/,
  },
  {
    name: 'an address where nobody listens',
    changes: { endpoint: 'http://127.0.0.1:9' },
    kind: StoreUnreachable,
    said: /images at http:\/\/127\.0\.0\.1:9 does not answer: ECONNREFUSED\. Check that the store runs/,
  },
])('with $name every error names the place, the response and what to check', async ({ changes, kind, said }) => {
  const other = new S3Store(server.settings(changes))
  const asks = [
    () => other.check(),
    () => other.stat('a'),
    () => other.read('a'),
    () => other.read('a', { start: 0, end: 0 }),
    () => other.delete('a'),
    () => put(other, 'a', randomBytes(17 * mib)),
  ]
  await Promise.all(
    asks.map(async (ask) => {
      const error = await ask().catch((failure: unknown) => failure)
      expect(error, String(ask)).toBeInstanceOf(kind)
      expect(String(error), String(ask)).toMatch(said)
      expect(String(error)).not.toContain(secret)
    }),
  )
})

test.each([
  [400, 'InvalidArgument', StoreRefused, 1],
  [403, 'AccessDenied', StoreRefused, 1],
  [405, 'MethodNotAllowed', StoreRefused, 1],
  [400, 'RequestTimeout', StoreUnreachable, 4],
  [429, 'TooManyRequests', StoreUnreachable, 4],
  [503, 'SlowDown', StoreUnreachable, 4],
])(
  'an answer of %d %s to a part is named, of its kind, and sent again only where that may help',
  async (status, code, kind, times) => {
    let sent = 0
    server.before = (request, response) => {
      if (!/partNumber=2/.test(request.url ?? '')) return false
      sent += 1
      return answerWith(response, status, code)
    }
    const error = await put(store, 'refused', randomBytes(17 * mib)).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(kind)
    expect(error instanceof StoreRefused).toBe(kind === StoreRefused)
    expect(String(error)).toContain(`answers ${status} ${code}.`)
    expect(sent).toBe(times)
    expect(await server.uploads()).toEqual([])
  },
)

test('a hostile response puts no control characters into a message', async () => {
  server.before = (_request, response) => answerWith(response, 400, '&#27;[31m\nforged')
  const error = await store.read('a').catch((failure: unknown) => failure)
  expect(String(error)).toContain('answers 400 ??31m?forged.')
})

test('bytes are sent without a checksum trailer, which older servers would store', async () => {
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

test('one refused part ends the put, however long the source is', async () => {
  server.before = (request, response) =>
    /partNumber=2/.test(request.url ?? '') && answerWith(response, 403, 'QuotaExceeded')
  const source = new Readable({ read() {} })
  for (let pushed = 0; pushed < 33; pushed++) source.push(Buffer.alloc(mib))
  await expect(store.put('stopped', source, { size: 640 * mib })).rejects.toBeInstanceOf(StoreFull)
  expect(source.destroyed).toBe(true)
  expect(await server.uploads()).toEqual([])
})

test.each([mib, 17 * mib])('an abort ends a put of %d bytes to a silent server', async (size) => {
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

/** Lets a GET of at least 1 MiB send this many bytes before its connection breaks. */
function breakAfter(bytes: number, isMeant: (request: http.IncomingMessage) => boolean = () => true): () => number {
  let broken = 0
  server.before = (request, response) => {
    if (request.method === 'GET' && isMeant(request) && !request.url?.includes('list-type'))
      server.cut(response, bytes, () => broken++)
    return false
  }
  return () => broken
}

test.each([
  { range: undefined, name: 'whole' },
  { range: { start: 7, end: 8 * mib - 7 }, name: 'a range' },
])('a connection that breaks repeatedly while $name is read is resumed', async ({ range }) => {
  const bytes = randomBytes(8 * mib)
  await put(store, 'broken', bytes)
  const broken = breakAfter(2 * mib)
  const found = await buffer(await store.read('broken', range))
  expect(found.equals(range ? bytes.subarray(range.start, range.end) : bytes)).toBe(true)
  expect(broken()).toBeGreaterThanOrEqual(3)
})

test('a connection that breaks without progress is unreachable after four retries, and never a short file', async () => {
  await put(store, 'broken', randomBytes(8 * mib))
  const broken = breakAfter(300_000)
  await expect(buffer(await store.read('broken'))).rejects.toBeInstanceOf(StoreUnreachable)
  expect(broken()).toBe(5)
})

test.each(['replaced', 'gone'])('bytes that are %s during a read are not mixed with others', async (what) => {
  const [old, other] = [randomBytes(8 * mib), randomBytes(8 * mib)]
  await put(store, 'changing', old)
  breakAfter(2 * mib, (request) => request.headers.range === undefined)
  const stream = await store.read('changing')
  server.before = () => false
  await (what === 'gone' ? store.delete('changing') : put(store, 'changing', other))
  const kind = what === 'gone' ? NotStored : StoreUnreachable
  await expect(buffer(stream)).rejects.toBeInstanceOf(kind)
  await store.delete('changing')
})

test.each([10, 17 * mib])(
  'fewer than %d bytes have arrived and the server hides its ETag like Ceph: refused',
  async (size) => {
    server.hidesEtag = true
    server.before = async ({ method }) => {
      if (method === 'HEAD') await truncate(path.join(server.folder, 'of/a-region/shortened._S3rver_object'), 5)
      return false
    }
    await expect(put(store, 'shortened', randomBytes(size))).rejects.toBeInstanceOf(WrongSize)
    server.before = () => false
    await store.delete('shortened')
  },
)

test('bytes changed in transit are refused and removed', async () => {
  server.before = async (request) => {
    if (request.method === 'HEAD') await truncate(path.join(server.folder, 'of/a-region/changed._S3rver_object'), 5)
    return false
  }
  await expect(put(store, 'changed', randomBytes(10))).rejects.toBeInstanceOf(WrongSize)
  server.before = () => false
  expect(await store.stat('changed')).toBeNull()
})

test('a response with another range than requested is refused', async () => {
  await put(store, 'other-part', Buffer.from('0123456789'))
  server.before = (request) => {
    if (request.headers.range) request.headers.range = 'bytes=5-7'
    return false
  }
  await expect(store.read('other-part', { start: 1, end: 4 })).rejects.toBeInstanceOf(StoreUnreachable)
})

test('an unfinished read holds no connection', async () => {
  await put(store, 'unread', randomBytes(8 * mib))
  const connections = new Set<http.IncomingMessage['socket']>()
  server.before = (request) => connections.add(request.socket).size < 0
  const stream = await store.read('unread')
  stream.destroy()
  await expect.poll(() => [...connections].every((connection) => connection.destroyed)).toBe(true)
})

test('foreign keys in the bucket are not listed, and all uploads under the prefix are', async () => {
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

test('a missing key is recognised from the response', async () => {
  await expect(store.read('missing')).rejects.toBeInstanceOf(NotStored)
  expect(await store.stat('missing')).toBeNull()
})

const gib = 2 ** 30
test('1,000 parts hold 125 GiB, 10,000 parts any image, and memory is bounded', () => {
  for (const size of [17 * mib, 15 * gib, 15 * gib + 1, 16 * gib, 64 * gib, 125 * gib])
    expect(Math.ceil(size / partBytes(size)), `${size}`).toBeLessThanOrEqual(1_000)
  for (const size of [64 * gib, 2 ** 40, 1.2 * 2 ** 40]) {
    expect(partBytes(size) * 10_000).toBeGreaterThanOrEqual(size)
    expect(partBytes(size) * (partsAtOnce(partBytes(size)) + 1)).toBeLessThanOrEqual(384 * mib)
  }
  expect([partBytes(15 * gib), partsAtOnce(16 * mib)]).toEqual([16 * mib, 4])
})
