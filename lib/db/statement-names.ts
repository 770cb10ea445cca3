import 'server-only'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { log } from '@/lib/log'
import { Prisma } from './generated/client'

/** Each connection keeps its named statements until it is closed. The product has fewer frequent statements than this. */
const namesMax = 200

/** Keeps a statement unnamed: with one generic plan it would read the rows of all tenants for some values. */
export const plannedEachTime = Prisma.raw('/* planned each time */')

/** SQLSTATEs for a missing prepared statement, or one that exists already. */
const lostCodes = ['26000', '42P05']

/** The names of prepared statements in this process. */
export class StatementNames {
  private readonly names = new Map<string, string | null>()
  private named = 0
  private isTried = false
  private isOn = false
  // Random, because a pooler that does not reset its connections may hold another process's names.
  private readonly prefix = `ecs_${randomBytes(4).toString('hex')}_`

  constructor(private readonly max = namesMax) {}

  /** The name of a statement from its second use on; the empty name means unnamed. */
  nameOf(sql: string): string {
    if (!this.isOn || sql.includes(plannedEachTime.sql)) return ''
    const known = this.names.get(sql)
    if (known) return known
    if (known === undefined) {
      // Forget all statements that were used once, so that their number is bounded too.
      if (this.names.size >= 10 * this.max) for (const [text, name] of this.names) if (!name) this.names.delete(text)
      this.names.set(sql, null)
      return ''
    }
    if (this.named >= this.max) return ''
    const name = `${this.prefix}${this.named++}`
    this.names.set(sql, name)
    return name
  }

  /** Tries a name on the first connection, because a pooler may refuse it. Until then no statement is named. */
  async tryOnce(client: pg.ClientBase): Promise<void> {
    if (this.isTried) return
    this.isTried = true
    try {
      for (const _ of ['prepared', 'used again']) await client.query({ name: 'ecs_try', text: 'SELECT 1' })
      await client.query('DEALLOCATE ecs_try')
      this.isOn = true
    } catch (error) {
      if (error instanceof pg.DatabaseError) tell(error)
      else this.isTried = false
    }
  }

  judge(error: unknown): void {
    const isLost = error instanceof Error && 'code' in error && lostCodes.includes(String(error.code))
    if (!isLost || !this.isOn) return
    this.isOn = false
    tell(error)
  }
}

function tell(cause: unknown): void {
  log.warn({ err: cause }, 'Named statements do not work on the way to the database, so there are none from now on.')
}
