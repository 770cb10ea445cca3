import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { lockAccounts } from '@/lib/db/locks'
import { actingAccounts } from '@/lib/db/own-image'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import type { Incoming, SetIncomingInput } from './schema'

/**
 * Rule 15: sets the policy and both lists of the viewer's master account for new shares. Existing shares keep their state. Runs
 * under the account's lock, so that a concurrent share is decided either before or after. Names are stored whether they
 * exist or not.
 */
export async function setIncoming(
  ctx: Context,
  { policy, allowed, blocked }: SetIncomingInput,
): Promise<Result<Incoming, RefusalOf<'SIGNED_OUT' | 'BUSY'>>> {
  const accountId = ctx.viewer.ownerId
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, actingAccounts(ctx))
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const names = { ALLOWED: allowed, BLOCKED: blocked }
    const rows = (['ALLOWED', 'BLOCKED'] as const).flatMap((kind) =>
      names[kind].map((username) => ({ accountId, kind, username })),
    )
    const before = await tx.account.findUniqueOrThrow({ where: { id: accountId }, select: { incoming: true } })
    await tx.account.update({ where: { id: accountId }, data: { incoming: policy } })
    await tx.incomingName.deleteMany({ where: { accountId } })
    await tx.incomingName.createMany({ data: rows })
    const details = { from: before.incoming, to: policy, allowed: allowed.length, blocked: blocked.length }
    await recordEvents(tx, ctx, [{ action: 'account.incoming', details }])
    return ok({ policy, allowed, blocked })
  })
}
