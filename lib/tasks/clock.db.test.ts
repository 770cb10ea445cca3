import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { clockSkewSeconds } from '@/lib/clock-skew'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { receiveStaged } from '@/lib/stores/staging'
import { account, quota, region } from '@/lib/testing/builders'
import { until } from '@/lib/testing/until'
import { claimTransfer } from '@/lib/transfers/writes'
import { holdLease } from './lease'
import { transferJob } from './transfer'

/** Preloaded code that sets a process's clock ahead by so many seconds. */
const ahead = (seconds: number) => {
  const program = `
    const Real = Date
    globalThis.Date = class extends Real {
      constructor(...given) {
        super(...(given.length > 0 ? given : [Real.now() + ${seconds} * 1000]))
      }
      static now() {
        return Real.now() + ${seconds} * 1000
      }
    }`
  return `data:text/javascript,${encodeURIComponent(program)}`
}

const disk = buildRawDisk({ sizeMib: 4, label: 'CLOCK', seed: 6 })
let worker: ChildProcess | undefined
afterEach(() => void worker?.kill('SIGKILL'))

async function arrived() {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  const begun = await beginImport(owner.ctx, { region: here, name: 'web-01', operatingSystem: 'Debian 12' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const received = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  await endReceiving(owner.ctx, { imageId, holder: null }, { ...received, claimedSha256: null })
  return { owner, here, imageId }
}

test('a worker whose clock is 75 s ahead leaves a live transfer alone, logs that its clock is wrong, and does its work', async () => {
  const [live, waiting] = [await arrived(), await arrived()]
  const claimed = await claimTransfer(live.imageId)
  if (!claimed) throw new Error('Nobody has it.')
  const lease = holdLease(claimed.work)
  const args = ['--conditions=react-server', '--import', 'tsx', '--import', ahead(75), 'lib/tasks/worker.ts']
  worker = spawn(process.execPath, args, { env: { ...process.env, LOG_LEVEL: 'info', ECS_METRICS_PORT: '' } })
  let said = ''
  worker.stdout?.on('data', (text) => (said += text))
  const stateOf = async (id: string) => (await db().image.findUnique({ where: { id } }))?.state
  // By then it has swept, and could have taken either.
  await expect.poll(() => stateOf(waiting.imageId)).toBe('available')
  // As exact as the database's response was fast.
  const told = () => Number(said.match(/"seconds":(\d+)/)?.[1])
  await expect.poll(told).toBeGreaterThan(50)
  expect(told()).toBeLessThan(100)
  expect(await db().transfer.findUnique({ where: { imageId: live.imageId } })).toMatchObject({
    leaseHolder: claimed.work.holder,
    tries: 1,
  })
  await lease.confirm()
  lease.release()
  const ended = once(worker, 'exit')
  worker.kill('SIGTERM')
  await ended
})

test('a clock that differs by more than 5 s is reported, in whole seconds and with its direction', async () => {
  expect(await clockSkewSeconds()).toBeNull()
  const real = Date.now
  let looks = 0
  for (const [seconds, expected] of [
    [4, null],
    [75, 75],
    [-30, -30],
  ] as const) {
    vi.spyOn(Date, 'now').mockImplementation(() => real() + seconds * 1_000)
    // A measurement is cached for a second, and as exact as the response was fast.
    vi.spyOn(performance, 'now').mockImplementation(() => real() + looks * 1e6)
    await until(async () => {
      looks++
      expect(await clockSkewSeconds()).toBe(expected)
    })
    vi.restoreAllMocks()
  }
})

test('a lost database connection sends a transfer back to the queue, even at its last try', async () => {
  const { owner, imageId } = await arrived()
  const other = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await other.connect()
  await other.query('BEGIN')
  await other.query('SELECT id FROM "Account" WHERE id = $1 FOR NO KEY UPDATE', [owner.id])
  const working = transferJob({ imageId }, true)
  const isWaiting = async () => {
    const { rows } = await other.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return rows.length
  }
  const broken = expect(working).rejects.toThrow()
  await expect.poll(isWaiting).toBeGreaterThan(0)
  await broken
  await other.end()
  const found = await db().image.findUnique({ where: { id: imageId }, include: { transfer: true } })
  expect(found).toMatchObject({ state: 'importing', failure: null })
})
