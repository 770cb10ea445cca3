import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'

/**
 * What `verify` has found: a violation of a rule, something that could not be checked, or a note about something odd that is
 * allowed.
 */
export type Finding = { severity: 'violation' | 'unchecked' | 'note'; kind: string; id: string; message: string }

/** A broken rule, or a counter or file that differs from the rows. */
export function violation(kind: string, id: string, message: string): Finding {
  return { severity: 'violation', kind, id, message }
}

/** Neither right nor wrong: it could not be checked. */
export function unchecked(kind: string, id: string, message: string): Finding {
  return { severity: 'unchecked', kind, id, message }
}

/** Unusual but explained; nothing to repair. */
export function note(kind: string, id: string, message: string): Finding {
  return { severity: 'note', kind, id, message }
}

/** The options of a check: with or without the content of files, the time, and a signal to abort. */
export type VerifyOptions = { content: boolean; now: Date; signal: AbortSignal | null }

/** The part of a table that one statement looks at: after one id, up to and with another. */
export type IdRange = { after: string; upTo: string }

/**
 * Splits a table into ranges of ids, so that statements and answers have a bounded size. The console keeps working:
 * each check is one statement and sees one snapshot of the database.
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
