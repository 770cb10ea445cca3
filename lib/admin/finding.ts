import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'

/**
 * What `verify` has found: a violation of a rule, something that could not be checked, or a note about something odd that is
 * allowed.
 */
export type Finding = { severity: 'violation' | 'unchecked' | 'note'; kind: string; id: string; message: string }

/** A rule is broken, or a counter or a file is not what the rows say. */
export function violation(kind: string, id: string, message: string): Finding {
  return { severity: 'violation', kind, id, message }
}

/** Neither right nor wrong: what would tell it cannot be reached. */
export function unchecked(kind: string, id: string, message: string): Finding {
  return { severity: 'unchecked', kind, id, message }
}

/** Odd, explained, and nothing to mend. */
export function note(kind: string, id: string, message: string): Finding {
  return { severity: 'note', kind, id, message }
}

/** How a check goes: with the content of files or without, as of when, and until it is aborted. */
export type VerifyOptions = { content: boolean; now: Date; signal: AbortSignal | null }

/** The part of a table that one statement looks at: after one id, up to and with another. */
export type IdRange = { after: string; upTo: string }

/**
 * Cuts a table into ranges of ids, so that no statement and no answer grows with it. The console goes on working
 * meanwhile: each check is one statement, which sees one moment of the database.
 */
export async function* idRanges(
  table: 'Account' | 'Image' | 'Share' | 'Blob' | 'Instance',
  size: number,
  signal: AbortSignal | null,
): AsyncGenerator<IdRange> {
  for (let after = ''; ; ) {
    signal?.throwIfAborted()
    const rows = await db().$queryRaw<{ id: string }[]>`
      SELECT id FROM (SELECT id FROM ${Prisma.raw(`"${table}"`)} WHERE id > ${after} ORDER BY id LIMIT ${size}) page
      ORDER BY id DESC LIMIT 1`
    const upTo = rows[0]?.id
    if (upTo === undefined) return
    yield { after, upTo }
    after = upTo
  }
}
