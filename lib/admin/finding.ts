import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'

export type Finding = { severity: 'violation' | 'unchecked' | 'note'; kind: string; id: string; message: string }

/** A broken rule, or a counter or file that differs from the rows. */
export function violation(kind: string, id: string, message: string): Finding {
  return { severity: 'violation', kind, id, message }
}

export function unchecked(kind: string, id: string, message: string): Finding {
  return { severity: 'unchecked', kind, id, message }
}

export function note(kind: string, id: string, message: string): Finding {
  return { severity: 'note', kind, id, message }
}

export type VerifyOptions = { content: boolean; now: Date; signal: AbortSignal | null }

export type IdRange = { after: string; upTo: string }

/** Splits a table into ranges of ids. Each check is one statement on one snapshot, so the console keeps working. */
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
