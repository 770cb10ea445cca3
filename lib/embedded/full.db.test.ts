import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { admin } from '@/lib/admin/admin-fixture'
import { type SmallDiskKind, smallDisk, smallDisks } from '@/lib/testing/small-disk'
import { untilTrue } from '@/lib/testing/until'
import { migrate } from '@/prisma/migrate'
import { ballastFile } from './ballast'
import { DatabaseKeeper } from './keeper'

// PostgreSQL on a file system of 256 MiB that fills up.

const mib = 2 ** 20
const ballastBytes = 32 * mib

describe.each(smallDisks)('the database on a small disk, %s', (kind: SmallDiskKind) => {
  const disk = smallDisk(kind, 256)
  const told: string[] = []
  const tell = (sentence: string) => void told.push(sentence)
  const keeper = new DatabaseKeeper(disk.folder, { throwaway: true, ballastBytes, tell })
  const hasBallast = () => fs.existsSync(ballastFile(disk.folder))
  let undo: (() => Promise<void>)[] = []

  beforeAll(async () => {
    if (!disk.isThere) return
    await keeper.start()
    await migrate(keeper.url)
    await ask('CREATE TABLE kept (n int PRIMARY KEY)')
  })
  afterEach(async () => {
    for (const work of undo) await work()
    undo = []
    told.length = 0
  })
  afterAll(async () => {
    if (disk.isThere) await keeper.stop()
    disk.end()
  })

  async function ask<T extends object>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: keeper.url })
    client.on('error', () => {})
    await client.connect()
    return await client
      .query<T>(sql)
      .then(
        ({ rows }) => rows,
        (error) => Promise.reject(error),
      )
      .finally(() => client.end().catch(() => {}))
  }

  const startedAt = async () => (await ask<{ at: Date }>('SELECT pg_postmaster_start_time() AS at'))[0]?.at

  /** Commits one number after another until stopped, whatever happens to the database meanwhile. */
  function writer(from: number) {
    const committed: number[] = []
    const ending = new AbortController()
    const work = (async () => {
      for (let n = from; !ending.signal.aborted; n++) {
        // A number that was committed without an answer exists already when it is retried.
        const write = () => ask(`INSERT INTO kept VALUES (${n}) ON CONFLICT DO NOTHING`).then(() => true)
        const isWritten = await untilTrue(async () => ending.signal.aborted || (await write().catch(() => false)))
        if (isWritten && !ending.signal.aborted) committed.push(n)
      }
    })()
    const end = async () => {
      ending.abort()
      await work
    }
    undo.push(end)
    return { committed, end }
  }

  const lostOf = async (committed: number[]) => {
    const rows = await ask<{ n: number }>('SELECT n FROM kept')
    const there = new Set(rows.map(({ n }) => n))
    return committed.filter((n) => !there.has(n))
  }

  test.skipIf(!disk.isThere)(
    `something else fills it to the last byte: the ballast goes, PostgreSQL never stops, and the ballast comes back${disk.note}`,
    async () => {
      const before = await startedAt()
      expect(hasBallast()).toBe(true)
      const { committed, end } = writer(0)
      await untilTrue(() => committed.length > 20)
      const empty = disk.fill()
      undo.push(() => empty().catch(() => {}))
      await untilTrue(() => !hasBallast())
      const atGiveUp = committed.length
      // The file disappears from its folder before its space is free.
      await untilTrue(async () => (await disk.freeMib()) > 24)
      await untilTrue(() => committed.length > atGiveUp + 50)
      await empty()
      await untilTrue(hasBallast)
      await end()
      expect(await lostOf(committed)).toEqual([])
      expect(await startedAt()).toEqual(before)
      expect(told).toEqual([
        'The disk of the database is nearly full: its ballast was given up, and the console is read-only.',
        'The disk of the database has room again.',
      ])
    },
  )

  test.skipIf(!disk.isThere)(
    `filled again behind the ballast until PostgreSQL stops: the command line clears staging, it comes back by itself, and has lost nothing${disk.note}`,
    async () => {
      const left = path.join(disk.folder, 'staging', 'img-0000000000')
      fs.mkdirSync(path.dirname(left), { recursive: true })
      fs.writeFileSync(left, Buffer.alloc(48 * mib))
      const daysAgo = new Date(Date.now() - 3 * 24 * 60 * 60 * 1000)
      fs.utimesSync(left, daysAgo, daysAgo)
      const { committed, end } = writer(1_000_000)
      await untilTrue(() => committed.length > 20)
      const fillers = [disk.fill()]
      undo.push(async () => void (await Promise.all(fillers.map((empty) => empty().catch(() => {})))))
      await untilTrue(() => !hasBallast())
      fillers.push(disk.fill())
      // Each switches to a new WAL file, until there is no space for one.
      const isWaiting = () => told.some((sentence) => sentence.includes('as soon as there is room'))
      await untilTrue(async () => {
        await ask('SELECT pg_switch_wal()').catch(() => {})
        return isWaiting()
      })
      const before = committed.length
      const own = { ECS_DATA_DIR: disk.folder, DATABASE_URL: '' }
      expect(await admin(['gc', '--staging'], '', own)).toMatchObject({ code: 0 })
      await untilTrue(() => committed.length > before + 20)
      expect(hasBallast()).toBe(false)
      await Promise.all(fillers.map((empty) => empty()))
      await untilTrue(hasBallast)
      await end()
      expect(await lostOf(committed)).toEqual([])
    },
  )
})
