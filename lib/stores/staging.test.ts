import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { StoreFull, StoreUnreachable, TooLarge } from './errors'

const home = await mkdtemp(path.join(tmpdir(), 'staging-'))
const folder = path.join(home, 'staging')
afterAll(() => rm(home, { recursive: true, force: true }))

/** The process reads its settings once, so each call imports the module anew. */
async function staging(settings: Record<string, string> = {}) {
  vi.resetModules()
  vi.stubEnv('DATABASE_URL', 'none')
  vi.stubEnv('ECS_DATA_DIR', home)
  vi.stubEnv('ECS_STORE_RESERVE', '0B')
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  return await import('./staging')
}
afterEach(() => vi.unstubAllEnvs())

const bytes = randomBytes(3 * 2 ** 20)
const source = () => Readable.from([bytes.subarray(0, 7), bytes.subarray(7)])

test('received bytes are hashed and stored, readable by their owner only', async () => {
  const { receiveStaged, stagedFile } = await staging()
  const told: number[] = []
  const received = await receiveStaged('img-a', source(), { sizeMax: bytes.length, onProgress: (n) => told.push(n) })
  expect(received).toEqual({ size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  expect(stagedFile('img-a')).toBe(path.join(folder, 'img-a'))
  expect((await readFile(stagedFile('img-a'))).equals(bytes)).toBe(true)
  expect((await stat(stagedFile('img-a'))).mode & 0o777).toBe(0o600)
  expect(told).toEqual([7, bytes.length])
})

test('a stream that is too large, fails or is aborted leaves nothing', async () => {
  const { receiveStaged, discardStaged } = await staging()
  await discardStaged('img-a')
  const sizeMax = bytes.length - 1
  await expect(receiveStaged('img-a', source(), { sizeMax })).rejects.toSatisfy((error) => isNamed(error, TooLarge))
  const broken = Readable.from(
    (async function* () {
      yield bytes
      throw new Error('The source has broken.')
    })(),
  )
  await expect(receiveStaged('img-a', broken, { sizeMax: 2 ** 30 })).rejects.toThrow('The source has broken.')
  const silent = new Readable({ read() {} })
  const giving = new AbortController()
  const going = receiveStaged('img-a', silent, { sizeMax, signal: giving.signal })
  giving.abort(new Error('Given up.'))
  await expect(going).rejects.toThrow('Given up.')
  expect(silent.destroyed).toBe(true)
  expect(await readdir(folder)).toEqual([])
})

test('a full staging folder refuses, and a path that is not a folder is unreachable', async () => {
  const full = await staging({ ECS_STORE_RESERVE: '1000000TiB' })
  await expect(full.receiveStaged('img-a', source(), { sizeMax: 2 ** 30 })).rejects.toSatisfy((error) =>
    isNamed(error, StoreFull),
  )
  await expect(full.requireStagingRoom(1)).rejects.toSatisfy((error) => isNamed(error, StoreFull))
  await writeFile(path.join(home, 'a-file'), '')
  const away = await staging({ ECS_STAGING_DIR: path.join(home, 'a-file') })
  await expect(away.requireStagingRoom(1)).rejects.toSatisfy((error) => isNamed(error, StoreUnreachable))
})

test('discarding an image removes all its files and no others', async () => {
  const { stagedFile, discardStaged, listStaged } = await staging()
  const names = [stagedFile('img-a'), stagedFile('img-a', 'qcow2'), stagedFile('img-ab', 'qcow2')]
  await Promise.all(names.map((name) => writeFile(name, 'bytes')))
  expect((await listStaged()).map(({ imageId, size }) => `${imageId} ${size}`).sort()).toEqual([
    'img-a 5',
    'img-a 5',
    'img-ab 5',
  ])
  await discardStaged('img-a')
  expect(await readdir(folder)).toEqual(['img-ab.qcow2'])
  expect(() => stagedFile('../img-a')).toThrow('Not a key')
})

test('an unused staging folder is empty', async () => {
  const { listStaged, discardStaged } = await staging({ ECS_STAGING_DIR: path.join(home, 'elsewhere') })
  expect(await listStaged()).toEqual([])
  await discardStaged('img-a')
})

// A reloaded module has its own classes.
function isNamed(error: unknown, kind: { name: string }): boolean {
  return error instanceof Error && error.constructor.name === kind.name
}
