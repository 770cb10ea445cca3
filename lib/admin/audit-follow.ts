import 'server-only'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { chainRows } from '@/lib/audit/reads'
import { entryLine } from '@/lib/audit/reads-export'
import { db } from '@/lib/db/client'
import { isErrnoCode, StartError } from '@/lib/embedded/data-folder'
import { ok, type Result } from '@/lib/result'
import { renameDurably, writeDurably } from '@/lib/stores/durable'
import { usernameOf } from './audit'
import { type Answer, answer, deliver } from './output'

const lookMs = 2_000

/** By account, the last entry that was written. */
const places = z.record(z.string(), z.string().regex(/^\d{1,18}$/))
type Places = z.infer<typeof places>

type FollowOptions = { state: string; isOnce: boolean; signal: AbortSignal }

/**
 * `audit follow`: writes new entries of all accounts to standard output, one JSON object per line, and records its position in a
 * file. The file is written after the entries, so an interrupted run repeats some entries and omits none. Without a file
 * it starts with the first entries.
 */
export async function followTrails({ state, isOnce, signal }: FollowOptions): Promise<Result<Answer>> {
  const seen = await readPlaces(state)
  for (;;) {
    for (const { accountId, seq } of await listHeads()) {
      if (seq > BigInt(seen[accountId] ?? '0')) await writeNew(accountId, seen, { state, signal })
    }
    if (isOnce) return ok(answer(undefined, []))
    await sleep(lookMs, null, { signal })
  }
}

async function writeNew(
  accountId: string,
  seen: Places,
  { state, signal }: Omit<FollowOptions, 'isOnce'>,
): Promise<void> {
  const account = await usernameOf(accountId)
  for await (const rows of chainRows(accountId, BigInt(seen[accountId] ?? '0'))) {
    signal.throwIfAborted()
    await deliver(rows.map((row) => `${JSON.stringify({ account, ...entryLine(row) })}\n`).join(''))
    seen[accountId] = String(rows.at(-1)?.seq)
    await writeDurably(`${state}.new`, once(JSON.stringify(seen)))
    await renameDurably(`${state}.new`, state)
  }
}

async function* once(text: string) {
  yield Buffer.from(text)
}

async function listHeads(): Promise<{ accountId: string; seq: bigint }[]> {
  return await db().auditChain.findMany({ select: { accountId: true, seq: true }, orderBy: { accountId: 'asc' } })
}

async function readPlaces(file: string): Promise<Places> {
  try {
    return places.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return {}
    throw new StartError(
      `${path.basename(file)} cannot be read, or is no state of audit follow. Name another file, or remove it to begin anew.`,
    )
  }
}
