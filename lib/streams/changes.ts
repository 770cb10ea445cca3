import 'server-only'
import { createHash } from 'node:crypto'
import pg from 'pg'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import { requestPatienceMs } from '@/lib/patience'

// Triggers of the database notify of every event and every ended session (prisma/migrations/20261128040000_notices). Each server
// process listens with one connection for all of its streams.

export type Listener = {
  ownerId: string
  accountId: string
  sessionId: string
  /** The nouns that changed; `all`: anything may have changed, because notifications may have been lost. */
  change: (nouns: string[]) => void
  end: () => void
}

/** The most streams of a server process: of one account, of a master account with its sub-accounts, and in all. */
export const streamsPerAccountMax = 24
export const streamsPerOwnerMax = 240
export const streamsMax = 4_800

const firstWaitMs = 250
const longestWaitMs = 8_000
const lookMs = 15_000

/** Identifies a session without its id, which is a secret: the trigger sends the same hash. */
function hashOf(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex')
}

export class Changes {
  private readonly byOwner = new Map<string, Set<Listener>>()
  private readonly bySession = new Map<string, Set<Listener>>()
  private readonly byAccount = new Map<string, number>()
  private client: pg.Client | null = null
  private timer: NodeJS.Timeout | undefined
  private waitMs = firstWaitMs
  private isEnded = false
  private open = 0

  /** `findOver` returns which of the sessions have ended; it is called regularly, in case a notification was lost. */
  constructor(
    private readonly url: string,
    private readonly findOver: (sessionIds: string[]) => Promise<string[]>,
  ) {}

  /** Adds a listener and returns a function to remove it; null if there are too many, or the process is ending. */
  add(listener: Listener): (() => void) | null {
    const ofAccount = this.byAccount.get(listener.accountId) ?? 0
    const ofOwner = this.byOwner.get(listener.ownerId)?.size ?? 0
    if (this.isEnded || this.open >= streamsMax) return null
    if (ofAccount >= streamsPerAccountMax || ofOwner >= streamsPerOwnerMax) return null
    this.open += 1
    this.byAccount.set(listener.accountId, ofAccount + 1)
    put(this.byOwner, listener.ownerId, listener)
    put(this.bySession, hashOf(listener.sessionId), listener)
    if (!this.client) this.connect()
    let isRemoved = false
    return () => {
      if (isRemoved) return
      isRemoved = true
      this.open -= 1
      const left = (this.byAccount.get(listener.accountId) ?? 1) - 1
      if (left > 0) this.byAccount.set(listener.accountId, left)
      else this.byAccount.delete(listener.accountId)
      take(this.byOwner, listener.ownerId, listener)
      take(this.bySession, hashOf(listener.sessionId), listener)
      if (this.bySession.size === 0) this.disconnect()
    }
  }

  get size(): number {
    return this.open
  }

  end(): void {
    this.isEnded = true
    for (const listener of this.listeners()) listener.end()
    this.disconnect()
  }

  private listeners(): Listener[] {
    return [...this.bySession.values()].flatMap((listeners) => [...listeners])
  }

  private disconnect(): void {
    clearTimeout(this.timer)
    const { client } = this
    this.client = null
    client?.end().catch(() => {})
  }

  private connect(): void {
    // A page may have arrived before the timer of the next attempt, which would open a second connection and leak this one.
    clearTimeout(this.timer)
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'open-ecs-console changes',
      connectionTimeoutMillis: requestPatienceMs,
      query_timeout: requestPatienceMs,
      keepAlive: true,
    })
    this.client = client
    client.on('notification', ({ channel, payload = '' }) => this.hear(channel, payload))
    client.on('error', (error) => this.lose(client, error))
    client.on('end', () => this.lose(client))
    this.begin(client).catch((error: unknown) => this.lose(client, error))
  }

  private async begin(client: pg.Client): Promise<void> {
    await client.connect()
    if (this.client !== client) return await client.end()
    await client.query('LISTEN ecs_changes')
    await client.query('LISTEN ecs_sessions')
    this.waitMs = firstWaitMs
    // Notifications before this moment were missed.
    for (const listener of this.listeners()) listener.change(['all'])
    await this.look(client)
  }

  /** Checks that the connection is alive, and asks the database for ended sessions. */
  private async look(client: pg.Client): Promise<void> {
    if (this.client !== client) return
    await client.query('SELECT')
    const over = await this.findOver([...new Set(this.listeners().map(({ sessionId }) => sessionId))])
    for (const sessionId of over) this.endSession(hashOf(sessionId))
    if (this.client !== client) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.look(client).catch((error: unknown) => this.lose(client, error)), lookMs)
  }

  private hear(channel: string, payload: string): void {
    const [ownerId = '', nouns = ''] = payload.split(' ')
    if (channel === 'ecs_sessions') this.endSession(payload)
    else for (const listener of this.byOwner.get(ownerId) ?? []) listener.change(nouns.split(','))
  }

  private endSession(hash: string): void {
    for (const listener of [...(this.bySession.get(hash) ?? [])]) listener.end()
  }

  private lose(client: pg.Client, error?: unknown): void {
    if (this.client !== client) return
    if (error) log.warn({ err: error }, 'The connection that hears of changes was lost.')
    this.disconnect()
    if (this.isEnded || this.bySession.size === 0) return
    this.timer = setTimeout(() => this.connect(), this.waitMs)
    this.waitMs = Math.min(2 * this.waitMs, longestWaitMs)
  }
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key) ?? new Set()
  map.set(key, values.add(value))
}

function take<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const values = map.get(key)
  values?.delete(value)
  if (values?.size === 0) map.delete(key)
}

// A bundle may contain this module twice; lib/start/server.mjs ends the streams before the process ends.
const kept = globalThis as typeof globalThis & { ecsChanges?: Changes }

export function changes(findOver: (sessionIds: string[]) => Promise<string[]>): Changes {
  kept.ecsChanges ??= new Changes(env().DATABASE_URL, findOver)
  return kept.ecsChanges
}
