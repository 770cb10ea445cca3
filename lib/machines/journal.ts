import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { Unreadable } from './errors'
import type { MachineReason } from './machine'

const reason = z.object({ code: z.string(), detail: z.string().optional() })
const run = z.object({ from: z.coerce.date(), to: z.coerce.date(), isOpen: z.boolean() })

export const journalShape = z.object({
  boot: z.string(),
  start: z.string(),
  state: z.enum(['starting', 'running', 'paused', 'stopped', 'failed', 'unknown']),
  reason: reason.nullable(),
  runs: z.array(run),
})

export type Journal = z.infer<typeof journalShape>

/** The journal of a keeper's folder; null if no keeper ever ran. Throws `Unreadable`. */
export async function readJournal(folder: string): Promise<Journal | null> {
  try {
    return journalShape.parse(JSON.parse(await readFile(path.join(folder, 'journal.json'), 'utf8')))
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    const machine = path.basename(path.dirname(folder))
    throw new Unreadable(`The journal of ${machine} (journal.json) cannot be read.`, { cause: error })
  }
}

/** Why a machine without a keeper has ended. A keeper records its machine's end, so if there is no record, it was killed. */
export function endOf(journal: Journal, bootId: string): { state: 'stopped' | 'failed'; reason: MachineReason | null } {
  if (journal.state === 'stopped' || journal.state === 'failed') return { state: journal.state, reason: journal.reason }
  if (journal.boot !== bootId) return { state: 'stopped', reason: { code: 'HOST_RESTARTED' } }
  return { state: 'failed', reason: { code: 'KEEPER_DIED' } }
}
