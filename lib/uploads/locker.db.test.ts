import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { createUploadLocker, type UploadLocker } from './locker'

const lockers: UploadLocker[] = []
const children: ChildProcess[] = []
const never = new AbortController().signal
let count = 0
const newId = () => `upload-${++count}`

/** The locks of a process, on their own connection. */
function locker(waitMs?: number): UploadLocker {
  const made = createUploadLocker(env().DATABASE_URL, waitMs)
  lockers.push(made)
  return made
}

async function otherProcess(
  ...words: string[]
): Promise<{ child: ChildProcess; says: (word: string) => Promise<void> }> {
  const program = path.join(import.meta.dirname, 'fixtures/hold-lock.ts')
  const child = spawn(process.execPath, ['--conditions=react-server', '--import', 'tsx', program, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let said = ''
  child.stdout.on('data', (text) => (said += text))
  const says = async (word: string) => {
    while (!said.includes(word)) await once(child.stdout, 'data')
  }
  await says('locked')
  return { child, says }
}

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const made of lockers) await made.end()
})

/** Takes the lock many times at once, on these connections, and returns how many held it at the same time. */
async function mostAtOnce(from: UploadLocker[]): Promise<number> {
  const id = newId()
  let now = 0
  let most = 0
  const work = async (mine: UploadLocker) => {
    const lock = mine.newLock(id)
    await lock.lock(never, () => {})
    most = Math.max(most, ++now)
    await db().$queryRaw`SELECT 1`
    now--
    await lock.unlock()
  }
  await Promise.all(from.map(work))
  return most
}

test('the lock of an upload has one holder at a time, within a process and across processes', async () => {
  const [first, second] = [locker(), locker()]
  expect(await mostAtOnce([first, first, first, first])).toBe(1)
  expect(await mostAtOnce([first, second, first, second])).toBe(1)
})

test('locks of different uploads do not wait for each other', async () => {
  const here = locker()
  await here.newLock(newId()).lock(never, () => {})
  await here.newLock(newId()).lock(never, () => {})
})

test('a holder in another process is asked to release the lock, and the next one gets it', async () => {
  const id = newId()
  const { says } = await otherProcess(id)
  await locker()
    .newLock(id)
    .lock(never, () => {})
  await says('released')
})

test('a killed holder’s lock is released before a waiting request times out', async () => {
  const id = newId()
  const { child } = await otherProcess(id, 'stubborn')
  const lock = locker().newLock(id)
  const waiting = lock.lock(never, () => {})
  child.kill('SIGKILL')
  await once(child, 'exit')
  await waiting
})

test('waiting too long is refused with BUSY, and an aborted request stops waiting', async () => {
  const id = newId()
  await locker()
    .newLock(id)
    .lock(never, () => {})
  const ended = new AbortController()
  const second = locker()
    .newLock(id)
    .lock(ended.signal, () => {})
  ended.abort()
  await expect(second).rejects.toMatchObject({ status_code: 400 })
  const third = locker(300)
    .newLock(id)
    .lock(never, () => {})
  await expect(third).rejects.toMatchObject({ status_code: 423, refusal: { code: 'BUSY' } })
})

test('a process that loses its connection loses all locks, and its holders are told to stop at once', async () => {
  const here = locker()
  const ids = [newId(), newId()]
  const told: string[] = []
  const locks = ids.map((id) => here.newLock(id))
  for (const [index, lock] of locks.entries()) await lock.lock(never, () => void told.push(ids[index] ?? ''))
  await db().$queryRaw`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
    WHERE datname = current_database() AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`
  const [other, id] = [locker(), ids[0] ?? '']
  await other.newLock(id).lock(never, () => {})
  await expect.poll(() => [...told].sort()).toEqual([...ids].sort())
  // The process grants a lock again only after its previous holder has stopped, and then reconnects.
  for (const lock of locks) await lock.unlock()
  await here.newLock(ids[1] ?? '').lock(never, () => {})
})
