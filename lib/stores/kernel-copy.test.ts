import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ChecksumMismatch } from './checksum'
import { copyStored } from './copy'
import { NotStored, StoreFull, StoreUnreachable, WrongSize } from './errors'
import { FolderStore } from './folder'
import { kernelCopyBytesMin } from './kernel-copy'

// Copies by the kernel from folder to folder.

const mib = 2 ** 20
const size = 96 * mib + 5
const home = await mkdtemp(path.join(tmpdir(), 'copies-'))
const storeIn = (name: string) =>
  new FolderStore({ kind: 'folder', folder: path.join(home, name), isOurs: true, reserveMin: 0 })
const from = { store: storeIn('from'), key: 'source' }
const to = { store: storeIn('to'), key: 'copy' }
const small = path.join(home, 'small')
await mkdir(small)
const hasSmallDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'none', small]).status === 0
const smallDiskNote = hasSmallDisk ? '' : ' (skipped: a small file system cannot be mounted here)'
let sha256 = ''

beforeAll(async () => {
  const bytes = randomBytes(size)
  sha256 = createHash('sha256').update(bytes).digest('hex')
  const file = path.join(home, 'source')
  await writeFile(file, bytes)
  await from.store.take('source', file, { size })
})
afterAll(async () => {
  if (hasSmallDisk) spawnSync('umount', [small])
  await rm(home, { recursive: true, force: true })
})

const namesIn = async (name: string) => await readdir(path.join(home, name)).catch(() => [])

test('a copy equals the source, is readable by its owner only, and reports progress', async () => {
  expect(size).toBeGreaterThan(kernelCopyBytesMin)
  const told: number[] = []
  await copyStored(from, to, { size, sha256, onProgress: (done) => told.push(done) })
  const copy = await buffer(await to.store.read('copy'))
  expect(createHash('sha256').update(copy).digest('hex')).toBe(sha256)
  expect(told).toEqual([...told].sort((a, b) => a - b))
  expect(told.at(-1)).toBe(size)
  expect((await stat(to.store.fileOf('copy'))).mode & 0o777).toBe(0o600)
  expect(await namesIn('to')).toEqual(['copy'])
  await to.store.delete('copy')
})

test('bytes with another checksum are not stored', async () => {
  await expect(copyStored(from, to, { size, sha256: '0'.repeat(64) })).rejects.toBeInstanceOf(ChecksumMismatch)
  await expect(copyStored(from, to, { size: size - 1, sha256 })).rejects.toBeInstanceOf(WrongSize)
  expect(await namesIn('to')).toEqual([])
})

test.each(['gives it up', 'is told of its progress and throws'])(
  'a copy stops when its caller %s, and nothing is left',
  async (how) => {
    const giving = new AbortController()
    const onProgress = () => {
      if (how === 'gives it up') giving.abort(new Error('Given up.'))
      else throw new Error('Given up.')
    }
    const going = copyStored(from, to, { size, sha256, signal: giving.signal, onProgress })
    await expect(going).rejects.toThrow('Given up.')
    expect(await namesIn('to')).toEqual([])
  },
)

test('an aborted copy does not begin', async () => {
  const signal = AbortSignal.abort(new Error('Given up.'))
  await expect(copyStored(from, to, { size, sha256, signal })).rejects.toThrow('Given up.')
})

test('a missing source is NotStored, and a missing target folder is unreachable', async () => {
  await expect(copyStored({ ...from, key: 'gone' }, to, { size, sha256 })).rejects.toBeInstanceOf(NotStored)
  const away = new FolderStore({ kind: 'folder', folder: path.join(home, 'away'), isOurs: false, reserveMin: 0 })
  await expect(copyStored(from, { store: away, key: 'copy' }, { size, sha256 })).rejects.toBeInstanceOf(
    StoreUnreachable,
  )
})

test('a copy is killed with its parent process', async () => {
  const [source, target] = [path.join(home, 'large'), path.join(home, 'part')]
  const sparse = await open(source, 'w')
  // Copying 8 GiB takes seconds; killing the parent takes less.
  await sparse.truncate(2 ** 33)
  await sparse.close()
  await writeFile(target, '')
  const program = path.join(import.meta.dirname, 'copy-file.mjs')
  const asker = `const { fork } = require('node:child_process')
    const copy = fork(${JSON.stringify(program)}, ${JSON.stringify([source, target, 'sha256'])}, { execArgv: [] })
    copy.once('message', () => console.log(copy.pid))`
  const asking = spawn(process.execPath, ['-e', asker], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(asking.stdout, 'data')
  asking.kill('SIGKILL')
  const isRunning = () =>
    spawnSync('ps', ['-o', 'stat=', '-p', String(said).trim()])
      .stdout.toString()
      .trim()
  await expect.poll(isRunning).toMatch(/^(Z.*)?$/)
  expect((await stat(target)).size).toBeLessThan(2 ** 33)
  await Promise.all([rm(source), rm(target)])
})

test.skipIf(!hasSmallDisk)(`a file of another file system is stored and removed${smallDiskNote}`, async () => {
  const store = storeIn('small')
  const file = path.join(home, 'elsewhere')
  await writeFile(file, await buffer(createReadStream(from.store.fileOf('source'))))
  await store.take('taken', file, { size })
  expect(await store.stat('taken')).toMatchObject({ size })
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
  await store.delete('taken')
})

test.skipIf(!hasSmallDisk)(
  `a disk that fills up during a copy is full, and no part stays${smallDiskNote}`,
  async () => {
    const store = storeIn('small')
    // There is room for the announced size, and the copy is larger, as if others wrote too.
    const longer = { store: storeIn('longer'), key: 'source' }
    await mkdir(path.join(home, 'longer'))
    const sparse = await open(longer.store.fileOf('source'), 'w')
    await sparse.truncate(2 * size)
    await sparse.close()
    await expect(copyStored(longer, { store, key: 'copy' }, { size, sha256 })).rejects.toBeInstanceOf(StoreFull)
    expect(await namesIn('small')).toEqual([])
  },
)
