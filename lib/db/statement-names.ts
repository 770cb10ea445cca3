import 'server-only'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { log } from '@/lib/log'
import { Prisma } from './generated/client'

/**
 * Statements with a name are parsed and planned once for each connection, which keeps them until it is closed. So their
 * number has a bound: it is above what the product issues often, and what has no name works as well.
 */
const namesMax = 200

/**
 * Stands in a statement whose best plan depends on its values, as on how much its owner has, or whether it is asked for one
 * region or all: it gets no name. One plan for all values would read everybody's rows for some.
 */
export const plannedEachTime = Prisma.raw('/* planned each time */')

/** What PostgreSQL and poolers answer when a name that was prepared is not there, or is there already. */
const lostCodes = ['26000', '42P05']

/** The names of the statements of this process. */
export class StatementNames {
  private readonly names = new Map<string, string | null>()
  private named = 0
  private isTried = false
  private isOn = false
  // Behind a pooler that does not clear its connections, another process may have left its names.
  private readonly prefix = `ecs_${randomBytes(4).toString('hex')}_`

  constructor(private readonly max = namesMax) {}

  /** The name of a statement from its second time on, as long as there are names; else the empty one, which is none. */
  nameOf(sql: string): string {
    if (!this.isOn || sql.includes(plannedEachTime.sql)) return ''
    const known = this.names.get(sql)
    if (known) return known
    if (known === undefined) {
      // Seen once. What was seen once only is forgotten together, so that its number has a bound too.
      if (this.names.size >= 10 * this.max) for (const [text, name] of this.names) if (!name) this.names.delete(text)
      this.names.set(sql, null)
      return ''
    }
    if (this.named >= this.max) return ''
    const name = `${this.prefix}${this.named++}`
    this.names.set(sql, name)
    return name
  }

  /** Tries a name on the first connection: a pooler may refuse it. Until then there are none. */
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

  /** Looks at what a statement failed with: without names from now on where names are not kept. */
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
