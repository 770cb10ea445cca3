import 'server-only'
import { z } from 'zod'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { isUniqueViolation } from '@/lib/db/errors'
import { lockAccounts } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { actingAccounts } from '@/lib/db/own-image'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { changesOf } from '@/lib/events/rules'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseGroup, refuseMembers } from './rules'
import type { CreateGroupInput, GroupInput, UpdateGroupInput } from './schema'

type Always = RefusalOf<'SIGNED_OUT' | 'BUSY'>
type Made = { groupId: string }

/** Rule 33: creates a group, once per idempotency key. Refuses the own account, a taken name, and too many groups. */
export async function createGroup(
  ctx: Context,
  { name, usernames }: CreateGroupInput,
): Promise<Result<Made, Always | RefusalOf<'INVALID_INPUT' | 'GROUPS_FULL' | 'GROUP_NAME_TAKEN'>>> {
  const { ownerId, ownerUsername } = ctx.viewer
  const itself = refuseMembers(usernames, ownerUsername)
  if (itself) return refuse(itself)
  const create = async (tx: Transaction): Promise<Result<Made, RefusalOf<'GROUPS_FULL'>>> => {
    const refusal = refuseGroup(await tx.recipientGroup.count({ where: { ownerId } }))
    if (refusal) return refuse(refusal)
    const id = newId('grp')
    const times = { createdAt: ctx.now, updatedAt: ctx.now }
    await tx.recipientGroup.create({ data: { id, ownerId, name, usernames, ...times } })
    await recordEvents(tx, ctx, [{ action: 'group.create', details: textsOf({ name, usernames }) }])
    return ok({ groupId: id })
  }
  return await withUniqueName(ctx, (tx) => once(tx, ctx, z.object({ groupId: z.string() }), () => create(tx)))
}

/** Changes a group's name and usernames. Shares made with it stay as they are. Without a change nothing is recorded. */
export async function updateGroup(
  ctx: Context,
  { groupId, name, usernames }: UpdateGroupInput,
): Promise<Result<Made, Always | RefusalOf<'INVALID_INPUT' | 'GROUP_NOT_FOUND' | 'GROUP_NAME_TAKEN'>>> {
  const itself = refuseMembers(usernames, ctx.viewer.ownerUsername)
  if (itself) return refuse(itself)
  return await withUniqueName(ctx, async (tx) => {
    const where = { id: groupId, ownerId: ctx.viewer.ownerId }
    const group = await tx.recipientGroup.findUnique({ where, select: { name: true, usernames: true } })
    if (!group) return refuse({ code: 'GROUP_NOT_FOUND' })
    const changes = changesOf(textsOf(group), textsOf({ name, usernames }))
    if (Object.keys(changes.after).length === 0) return ok({ groupId })
    await tx.recipientGroup.update({ where, data: { name, usernames, updatedAt: ctx.now } })
    const details = { group: group.name, ...changes }
    await recordEvents(tx, ctx, [{ action: 'group.update', details }])
    return ok({ groupId })
  })
}

/** Deletes a group. Shares made with it stay as they are. */
export async function deleteGroup(
  ctx: Context,
  { groupId }: GroupInput,
): Promise<Result<Made, Always | RefusalOf<'GROUP_NOT_FOUND'>>> {
  return await underLock(ctx, async (tx) => {
    const where = { id: groupId, ownerId: ctx.viewer.ownerId }
    const group = await tx.recipientGroup.findUnique({ where, select: { name: true } })
    if (!group) return refuse({ code: 'GROUP_NOT_FOUND' })
    await tx.recipientGroup.delete({ where })
    await recordEvents(tx, ctx, [{ action: 'group.delete', details: { group: group.name } }])
    return ok({ groupId })
  })
}

/** A group as its events record it. */
function textsOf({ name, usernames }: { name: string; usernames: string[] }) {
  return { name, usernames: usernames.join(', ') }
}

async function underLock<Answer extends Result<unknown>>(
  ctx: Context,
  run: (tx: Transaction) => Promise<Answer>,
): Promise<Answer | Result<never, Always>> {
  return await inTransaction(async (tx): Promise<Answer | Result<never, Always>> => {
    const accounts = await lockAccounts(tx, actingAccounts(ctx))
    return isDisabled(ctx, accounts) ? refuse({ code: 'SIGNED_OUT' }) : await run(tx)
  })
}

/** Turns a violation of the unique name into a refusal. */
async function withUniqueName<Answer extends Result<unknown>>(
  ctx: Context,
  run: (tx: Transaction) => Promise<Answer>,
): Promise<Answer | Result<never, Always | RefusalOf<'GROUP_NAME_TAKEN'>>> {
  try {
    return await underLock(ctx, run)
  } catch (error) {
    if (isUniqueViolation(error)) return refuse({ code: 'GROUP_NAME_TAKEN' })
    throw error
  }
}
