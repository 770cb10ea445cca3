import { makeCheckpoints } from '@/lib/audit/writes'
import { db } from '@/lib/db/client'
import type { Prisma } from '@/lib/db/generated/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { account, noon, type TestAccount } from './builders'

/** A tenant with some entries in its chain. */
export async function tenant(entries = 6): Promise<TestAccount> {
  const owner = await account()
  for (let index = 0; index < entries; index++)
    await inTransaction(async (tx) =>
      ok(await recordEvents(tx, owner.ctx, [{ action: 'image.update', details: { from: `name ${index}` } }])),
    )
  return owner
}

/** Runs statements as the database's owner can: with all triggers disabled. */
export async function tamper(...statements: Prisma.Sql[]): Promise<void> {
  await db().$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = 'replica'`
    for (const statement of statements) await tx.$executeRaw(statement)
  })
}

/** Makes the checkpoints that are due at noon, and returns their number. */
export async function signChains(): Promise<number> {
  let made = 0
  for await (const _ of makeCheckpoints(noon)) made++
  return made
}
