import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store, StoredObject } from './contract'
import { NotStored, StoreUnreachable, WrongSize } from './errors'
import { namedServer } from './fixtures/named-server'
import { S3Server } from './fixtures/s3-server'
import { paused, stalling, stream } from './fixtures/streams'
import { FolderStore } from './folder'
import { S3Store } from './s3'

// The contract of stores, tested on each kind. ECS_TEST_S3 names a server of your own to test it on as well.

const mib = 2 ** 20
const home = await mkdtemp(path.join(tmpdir(), 'stores-'))
afterAll(() => rm(home, { recursive: true, force: true }))

type Opened = { store: Store; away: () => Promise<Store>; close: () => Promise<void> }
type Kind = { name: string; open: () => Promise<Opened> }

const kinds: Kind[] = [
  {
    name: 'a folder',
    open: async () => {
      const folder = path.join(home, randomBytes(4).toString('hex'))
      const store = new FolderStore({ kind: 'folder', folder, isOurs: true, reserveMin: 0 })
      const away = async () => {
        await rm(folder, { recursive: true, force: true })
        await writeFile(folder, 'not a folder')
        return store
      }
      return { store, away, close: async () => {} }
    },
  },
  {
    name: 'a bucket',
    open: async () => {
      const server = new S3Server()
      await server.start()
      const store = new S3Store(server.settings())
      const away = async () => {
        await server.stop()
        return store
      }
      return { store, away, close: () => server.stop() }
    },
  },
  ...realServer(),
]

/** Each store has its own prefix there, and leaves nothing. */
function realServer(): Kind[] {
  const settings = namedServer()
  if (!settings) return []
  const open = async () => {
    const own = { ...settings, prefix: `ecs-test-${randomBytes(6).toString('hex')}/` }
    const store = new S3Store(own)
    const close = async () => {
      for (const { key } of await collect(store)) await store.delete(key)
    }
    return { store, away: async () => new S3Store({ ...own, endpoint: 'http://127.0.0.1:9' }), close }
  }
  return [{ name: `the bucket of ECS_TEST_S3, ${settings.endpoint}`, open }]
}

async function collect(store: Store): Promise<StoredObject[]> {
  const found: StoredObject[] = []
  for await (const object of store.list()) found.push(object)
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const put = (store: Store, key: string, bytes: Buffer) => store.put(key, stream(bytes), { size: bytes.length })
const read = async (store: Store, key: string, range?: { start: number; end: number }) =>
  await buffer(await store.read(key, range))

describe.each(kinds)('$name', ({ open }) => {
  let opened: Opened
  let store: Store
  beforeAll(async () => {
    opened = await open()
    store = opened.store
  })
  afterAll(() => opened.close())

  test.each([0, 1, 5 * mib + 1, 16 * mib, 40 * mib])('returns the %d bytes that were put', async (size) => {
    const bytes = randomBytes(size)
    const told: number[] = []
    await store.put('sizes', stream(bytes), { size, onProgress: (done) => told.push(done) })
    expect(sha256(await read(store, 'sizes'))).toBe(sha256(bytes))
    expect(await store.stat('sizes')).toMatchObject({ size })
    expect(told).toEqual([...told].sort((a, b) => a - b))
    if (size > 0) expect(told.at(-1)).toBe(size)
    await store.delete('sizes')
  })

  test('reads any part of a key, and nothing beyond its end', async () => {
    const bytes = randomBytes(3 * mib)
    await put(store, 'parts', bytes)
    for (const [start, end] of [
      [0, 2],
      [0, bytes.length],
      [1, 2],
      [mib, 2 * mib + 7],
      [bytes.length - 1, bytes.length],
      [bytes.length - 1, bytes.length + 100],
      [bytes.length, bytes.length + 1],
      [bytes.length + 5, bytes.length + 9],
      [7, 7],
    ] as const) {
      const found = await read(store, 'parts', { start, end })
      expect(found.equals(bytes.subarray(start, end)), `${start} to ${end}`).toBe(true)
    }
  })

  test('a second put replaces the bytes', async () => {
    await put(store, 'replaced', randomBytes(mib))
    await put(store, 'replaced', Buffer.from('second'))
    expect((await read(store, 'replaced')).toString()).toBe('second')
    expect(await store.stat('replaced')).toMatchObject({ size: 6 })
  })

  test('a deleted key is gone, and deleting it again is not an error', async () => {
    await put(store, 'deleted', Buffer.from('bytes'))
    await store.delete('deleted')
    await store.delete('deleted')
    expect(await store.stat('deleted')).toBeNull()
    await expect(store.read('deleted')).rejects.toBeInstanceOf(NotStored)
    await expect(store.read('deleted', { start: 3, end: 3 })).rejects.toBeInstanceOf(NotStored)
  })

  test('lists all keys with their times', async () => {
    const { store: fresh, close } = await open()
    expect(await collect(fresh)).toEqual([])
    const began = Date.now() - 2_000
    await put(fresh, 'img-b', Buffer.from('two'))
    await put(fresh, 'img-a', Buffer.from('one more'))
    const found = await collect(fresh)
    expect(found).toMatchObject([
      { key: 'img-a', size: 8, isPartial: false },
      { key: 'img-b', size: 3, isPartial: false },
    ])
    // A bucket stores whole seconds only.
    expect(found.every(({ modifiedAt: at }) => Number(at) > began && Number(at) < Date.now() + 2_000)).toBe(true)
    await close()
  })

  const wrong = [
    { name: 'is shorter than was said', size: 1 },
    { name: 'is longer than was said', size: -1 },
    { name: 'is much longer than was said', size: -10 * mib },
  ]
  test.each(wrong)('a stream that $name is refused, and the old bytes stay', async ({ size }) => {
    for (const length of [mib, 17 * mib]) {
      await put(store, 'wrong', Buffer.from('old'))
      const promised = Math.max(length + size, 0)
      await expect(store.put('wrong', stream(randomBytes(length)), { size: promised })).rejects.toBeInstanceOf(
        WrongSize,
      )
      await expectOnlyOld('wrong')
    }
  })

  test.each([mib, 17 * mib])('a stream of %d bytes that fails leaves nothing, and the old bytes stay', async (size) => {
    await put(store, 'failing', Buffer.from('old'))
    async function* failing() {
      yield* stream(randomBytes(size - 5))
      throw new Error('The source has broken.')
    }
    await expect(store.put('failing', Readable.from(failing()), { size })).rejects.toThrow('The source has broken.')
    await expectOnlyOld('failing')
  })

  test.each([mib, 17 * mib])(
    'a put of %d bytes that is aborted leaves nothing, and the old bytes stay',
    async (size) => {
      await put(store, 'given-up', Buffer.from('old'))
      const giving = new AbortController()
      const source = stalling(randomBytes(size - 5), () => giving.abort(new Error('Given up.')))
      await expect(store.put('given-up', source, { size, signal: giving.signal })).rejects.toThrow('Given up.')
      expect(source.destroyed).toBe(true)
      await expectOnlyOld('given-up')
    },
  )

  test('an aborted put does not begin', async () => {
    const signal = AbortSignal.abort(new Error('Given up.'))
    await expect(store.put('never', stream(randomBytes(10)), { size: 10, signal })).rejects.toThrow('Given up.')
    expect(await store.stat('never')).toBeNull()
  })

  test('the progress callback can stop a put', async () => {
    const onProgress = () => {
      throw new Error('The lease is lost.')
    }
    const going = store.put('stopped', stream(randomBytes(17 * mib)), { size: 17 * mib, onProgress })
    await expect(going).rejects.toThrow('The lease is lost.')
    expect(await collectOf('stopped')).toEqual([])
  })

  test.each([
    { how: 'delete', left: [] },
    { how: 'deleteUnfinished', left: [{ key: 'partial', isPartial: false }] },
  ] as const)('unfinished bytes are listed as partial, and $how removes them', async ({ how, left }) => {
    await put(store, 'partial', Buffer.from('whole'))
    const { source, stalls, goOn } = paused(randomBytes(17 * mib))
    const going = store.put('partial', source, { size: 17 * mib })
    const failed = expect(going).rejects.toThrow()
    await stalls
    const partial = async () => (await collectOf('partial')).filter(({ isPartial }) => isPartial)
    await expect.poll(partial).toMatchObject([{ key: 'partial' }])
    await store[how]('partial')
    goOn()
    await failed
    expect(await collectOf('partial')).toMatchObject(left)
    await store.delete('partial')
  })

  test('one of two concurrent puts wins, complete', async () => {
    const [first, second] = [randomBytes(20 * mib), randomBytes(17 * mib)]
    await Promise.all([put(store, 'twice', first), put(store, 'twice', second)])
    const found = sha256(await read(store, 'twice'))
    expect([sha256(first), sha256(second)]).toContain(found)
    expect(await collectOf('twice')).toHaveLength(1)
  })

  test('takes a file unchanged, and the file is gone', async () => {
    const bytes = randomBytes(20 * mib)
    const file = path.join(home, `taken-${randomBytes(4).toString('hex')}`)
    await writeFile(file, bytes, { mode: 0o644 })
    await expect(store.take('taken', file, { size: 5 })).rejects.toBeInstanceOf(WrongSize)
    expect((await stat(file)).size).toBe(bytes.length)
    await store.take('taken', file, { size: bytes.length })
    expect(sha256(await read(store, 'taken'))).toBe(sha256(bytes))
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('bytes read from one store can be put into another', async () => {
    const bytes = randomBytes(40 * mib)
    await put(store, 'source', bytes)
    const { store: other, close } = await open()
    await other.put('copy', await store.read('source'), { size: bytes.length })
    expect(sha256(await read(other, 'copy'))).toBe(sha256(bytes))
    await close()
  })

  test('a key that is a path throws', async () => {
    for (const key of ['..', '.', '../a', 'a/b', 'A', '', '.hidden', 'a.part']) {
      await expect(store.stat(key)).rejects.toThrow('Not a key')
      await expect(store.put(key, stream(Buffer.from('x')), { size: 1 })).rejects.toThrow('Not a key')
    }
  })

  test('a check passes and leaves nothing', async () => {
    const before = await collect(store)
    await store.check()
    await store.requireRoom(1)
    expect(await collect(store)).toEqual(before)
  })

  test('a missing store is unreachable', async () => {
    const { store: here, away: takeAway, close } = await open()
    await put(here, 'here', Buffer.from('bytes'))
    const away = await takeAway()
    const asks = [
      () => away.check(),
      () => put(away, 'other', Buffer.from('bytes')),
      () => put(away, 'other', randomBytes(20 * mib)),
      () => away.read('here'),
      () => away.stat('here'),
      () => away.delete('here'),
      () => collect(away),
    ]
    await Promise.all(
      asks.map((ask) => expect(ask(), String(ask)).rejects.toSatisfy((error) => isUnreachableFor(error))),
    )
    await close()
  })

  async function collectOf(key: string): Promise<StoredObject[]> {
    return (await collect(store)).filter((object) => object.key === key)
  }

  async function expectOnlyOld(key: string): Promise<void> {
    expect((await read(store, key)).toString()).toBe('old')
    expect(await collectOf(key)).toMatchObject([{ size: 3, isPartial: false }])
  }
})

function isUnreachableFor(error: unknown): boolean {
  return error instanceof StoreUnreachable && error.cause instanceof Error
}
