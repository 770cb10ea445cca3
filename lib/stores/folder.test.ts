import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { StoreFull, StoreUnreachable } from './errors'
import { FolderStore } from './folder'

// Failures that only a folder has.

const mib = 2 ** 20
const home = await mkdtemp(path.join(tmpdir(), 'folders-'))
const small = path.join(home, 'small')
await mkdir(small)
const hasSmallDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', small]).status === 0
const smallDiskNote = hasSmallDisk ? '' : ' (skipped: a small file system cannot be mounted here)'
afterAll(async () => {
  if (hasSmallDisk) spawnSync('umount', [small])
  await rm(home, { recursive: true, force: true })
})

const storeIn = (folder: string, { reserveMin = 0, isOurs = true } = {}) =>
  new FolderStore({ kind: 'folder', folder, isOurs, reserveMin })
const put = (store: FolderStore, key: string, size: number) =>
  store.put(key, Readable.from([Buffer.alloc(size)]), { size })

test('a store below its reserve is full, and nothing is written', async () => {
  const store = storeIn(path.join(home, 'reserved'), { reserveMin: 2 ** 60 })
  await expect(put(store, 'a', 1)).rejects.toBeInstanceOf(StoreFull)
  await expect(store.requireRoom(1)).rejects.toBeInstanceOf(StoreFull)
  expect(await readdir(path.join(home, 'reserved'))).toEqual([])
  // `check` passes, as the store can be read and written; space has its own check.
  await store.check()
})

test.skipIf(!hasSmallDisk)(`space is checked before the first byte${smallDiskNote}`, async () => {
  const store = storeIn(small)
  await expect(store.requireRoom(9 * mib)).rejects.toBeInstanceOf(StoreFull)
  const source = Readable.from([Buffer.alloc(mib)])
  await expect(store.put('a', source, { size: 9 * mib })).rejects.toBeInstanceOf(StoreFull)
  expect(source.destroyed).toBe(true)
  expect(await readdir(small)).toEqual([])
})

test.skipIf(!hasSmallDisk)(`a disk filled up by others is full, and no part stays${smallDiskNote}`, async () => {
  const store = storeIn(small)
  await put(store, 'a', mib)
  async function* whileOthersWrite() {
    yield Buffer.alloc(mib)
    await writeFile(path.join(small, 'others'), Buffer.alloc(6 * mib)).catch(() => {})
    yield Buffer.alloc(3 * mib)
  }
  await expect(store.put('a', Readable.from(whileOthersWrite()), { size: 4 * mib })).rejects.toBeInstanceOf(StoreFull)
  expect((await readdir(small)).sort()).toEqual(['a', 'others'])
  expect(await store.stat('a')).toMatchObject({ size: mib })
  await rm(path.join(small, 'others'))
})

test.skipIf(!hasSmallDisk)(`a file of another file system is copied and then removed${smallDiskNote}`, async () => {
  const file = path.join(home, 'elsewhere')
  await writeFile(file, Buffer.alloc(mib, 7))
  const told: number[] = []
  await storeIn(small).take('moved', file, { size: mib, onProgress: (done) => told.push(done) })
  expect(await storeIn(small).stat('moved')).toMatchObject({ size: mib })
  expect(told.at(-1)).toBe(mib)
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
})

test.skipIf(!hasSmallDisk)(`a read-only disk is unreachable${smallDiskNote}`, async () => {
  spawnSync('mount', ['-o', 'remount,ro', small])
  await expect(storeIn(small).check()).rejects.toBeInstanceOf(StoreUnreachable)
  spawnSync('mount', ['-o', 'remount,rw', small])
  await storeIn(small).check()
})

test('a folder configured by an operator is never created: it may be an unmounted disk', async () => {
  const away = storeIn(path.join(home, 'away'), { isOurs: false })
  const asks = [away.check(), put(away, 'a', 1), away.stat('a'), away.read('a'), away.delete('a')]
  await Promise.all(asks.map((asked) => expect(asked).rejects.toBeInstanceOf(StoreUnreachable)))
  await expect(stat(path.join(home, 'away'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a default folder that was never written to is an empty store', async () => {
  const unused = storeIn(path.join(home, 'unused'))
  expect(await unused.stat('a')).toBeNull()
  await unused.delete('a')
  for await (const found of unused.list()) expect(found).toBeUndefined()
})

test('stored files are readable by their owner only', async () => {
  const folder = path.join(home, 'private')
  await put(storeIn(folder), 'a', 1)
  const file = path.join(home, 'open')
  await writeFile(file, 'x', { mode: 0o644 })
  await storeIn(folder).take('b', file, { size: 1 })
  const modes = await Promise.all([folder, path.join(folder, 'a'), path.join(folder, 'b')].map((name) => stat(name)))
  expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '600', '600'])
})

test('foreign files are left alone, and parts of killed writers are listed', async () => {
  const folder = path.join(home, 'mixed')
  const store = storeIn(folder)
  await put(store, 'img-a', 1)
  const left = ['img-a.0123456789ab.part', 'img-b.part', 'img-b.c.ba9876543210.part', '.nfs000', 'README', 'lost+found']
  await Promise.all(left.map((name) => writeFile(path.join(folder, name), '')))
  const found: string[] = []
  for await (const { key, isPartial } of store.list()) found.push(`${key}${isPartial ? ' partial' : ''}`)
  expect(found.sort()).toEqual(['img-a', 'img-a partial', 'img-b partial', 'img-b.c partial'])
  for (const key of ['img-a', 'img-b', 'img-b.c']) await store.delete(key)
  expect((await readdir(folder)).sort()).toEqual(['.nfs000', 'README', 'lost+found'])
})
