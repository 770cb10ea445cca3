import 'server-only'
import { setTimeout as pause } from 'node:timers/promises'
import { ERRORS, type Lock, type Locker, type RequestRelease } from '@tus/server'
import pg from 'pg'
import { UploadRefusal } from './refusal'

// Several processes share one staging folder, and two of them must never write to one file at once. PostgreSQL releases session locks
// as soon as their holder dies, however it ends. A process holds all its locks on one connection; a session can take a lock twice, so
// the process also keeps track of them itself.

/** How long a request waits for the previous one to release the lock. */
const patienceMs = 15_000
const tryAgainMs = 100
/** The connection is checked this often, and considered dead if a response takes this long. */
const heartbeatMs = 5_000
/** The server detects a dead connection well after the process does, so that has stopped writing before another gets its locks. */
const setSession =
  'SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET idle_session_timeout = 0'
const channel = 'ecs_upload_release'

type Holder = { isLocked: boolean; client: pg.Client | null; requestRelease: RequestRelease }
export type UploadLocker = Locker & { end: () => Promise<void> }

/** Session locks for uploads. A waiting process asks the holder, in whatever process, to release the lock. */
export function createUploadLocker(databaseUrl: string, waitMs = patienceMs): UploadLocker {
  const holders = new Map<string, Holder>()
  const release = (id: string) => {
    const holder = holders.get(id)
    if (holder?.isLocked) void holder.requestRelease()
  }
  const connection = keepConnection(databaseUrl, {
    onAsked: release,
    onLost: () => {
      for (const id of holders.keys()) release(id)
    },
  })

  async function take(id: string, mine: Holder): Promise<boolean> {
    holders.set(id, mine)
    try {
      const client = await connection.client()
      const taken = await client.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as ok', [`upload ${id}`])
      if (taken.rows[0]?.ok) {
        Object.assign(mine, { isLocked: true, client })
        return true
      }
      await client.query('select pg_notify($1, $2)', [channel, id])
    } catch (error) {
      holders.delete(id)
      throw error
    }
    holders.delete(id)
    return false
  }

  return {
    newLock: (id) => newLock(id, { holders, take, waitMs }),
    end: connection.end,
  }
}

type Taking = {
  holders: Map<string, Holder>
  take: (id: string, mine: Holder) => Promise<boolean>
  waitMs: number
}

function newLock(id: string, { holders, take, waitMs }: Taking): Lock {
  let mine: Holder | undefined
  return {
    lock: async (signal, requestRelease) => {
      const giveUpAt = Date.now() + waitMs
      for (;;) {
        if (signal.aborted) throw ERRORS.ABORTED
        if (Date.now() > giveUpAt) throw new UploadRefusal({ code: 'BUSY' }, 423)
        const other = holders.get(id)
        const asking: Holder = { isLocked: false, client: null, requestRelease }
        if (other?.isLocked) await other.requestRelease()
        else if (!other && (await take(id, asking))) {
          mine = asking
          return
        }
        await pause(tryAgainMs)
      }
    },
    unlock: async () => {
      if (!mine || holders.get(id) !== mine) return
      await mine.client?.query('select pg_advisory_unlock(hashtextextended($1, 0))', [`upload ${id}`]).catch(() => {})
      holders.delete(id)
    },
  }
}

function keepConnection(databaseUrl: string, on: { onAsked: (id: string) => void; onLost: () => void }) {
  let connected: Promise<pg.Client> | null = null

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: heartbeatMs,
      query_timeout: heartbeatMs,
    })
    client.on('error', () => {})
    await client.connect()
    await client.query(setSession)
    const heartbeat = setInterval(() => {
      client.query('select 1').catch(() => client.connection.stream.destroy())
    }, heartbeatMs).unref()
    client.on('notification', ({ payload }) => payload && on.onAsked(payload))
    client.once('end', () => {
      clearInterval(heartbeat)
      connected = null
      on.onLost()
    })
    await client.query(`listen ${channel}`)
    return client
  }

  return {
    client: async () => {
      connected ??= connect()
      return await connected.catch((error) => {
        connected = null
        throw error
      })
    },
    end: async () => {
      const client = await connected?.catch(() => null)
      await client?.end()
    },
  }
}
