import fc from 'fast-check'
import { expect } from 'vitest'
import { listSubAccounts } from '@/lib/accounts/reads'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { needsOf, type Permission, refuseUnpermitted } from '@/lib/permissions'
import { type Result, refuse } from '@/lib/result'
import { nth, type TestAccount } from './builders'
import { type Model, type ModelImage, masters, subs } from './model'

// Runs a step in both the product and the model, and compares them afterwards.

export type World = { who: Map<number, TestAccount>; regions: string[] }
export type Step = (model: Model, world: World) => Promise<[expected: string, answered: string]>

export const nameOf = (world: World, who: number) => world.who.get(who)?.username ?? `nobody-${who}`

function accountOf(world: World, who: number): TestAccount {
  const account = world.who.get(who)
  if (!account) throw new Error(`Nobody has the number ${who}.`)
  return account
}

/** The context of a request: a sub-account has its currently attached policies. */
export async function ctxOf(model: Model, world: World, who: number): Promise<Context> {
  const [account, now] = [accountOf(world, who), new Date(model.now)]
  const master = model.masterOf(who)
  if (master === who) return account.at(now)
  const others = await listSubAccounts(accountOf(world, master).at(now))
  const rights = others.find(({ id }) => id === account.id)?.grants ?? []
  const ctx = account.at(now)
  return { ...ctx, viewer: { ...ctx.viewer, rights } }
}

/** Runs a write as its action does: after checking permissions. */
export async function permitted<I, T>(
  ctx: Context,
  permission: Permission,
  input: I,
  write: (ctx: Context, input: I) => Promise<Result<T>>,
): Promise<Result<T>> {
  const unpermitted = refuseUnpermitted(ctx.viewer, needsOf(permission, input))
  return unpermitted ? refuse(unpermitted) : await write(ctx, input)
}

/** An element of a list; undefined if it is empty. */
export const pick = <T>(list: T[], index: number) => (list.length > 0 ? nth(list, index % list.length) : undefined)

/** A fast-check command: time advances a little, the step runs in both, and answers and states must be equal. */
export function command(name: string, step: Step): fc.AsyncCommand<Model, World> {
  return {
    check: () => true,
    run: async (model, world) => {
      model.now += 1000
      const [expected, answered] = await step(model, world)
      expect(answered, name).toBe(expected)
      expect(await rows(world), name).toEqual(rowsOf(model, world))
    },
    toString: () => name,
  }
}

export function said(world: World, result: Result<unknown>): string {
  if (result.ok) return 'ok'
  const refusal = result.refusal
  switch (refusal.code) {
    case 'IMAGE_NOT_AVAILABLE':
      return `${refusal.code} ${refusal.state}`
    case 'IMAGE_RECIPIENTS_FULL':
      return `${refusal.code} ${refusal.free} for ${refusal.asked}`
    case 'DAILY_SHARES_USED_UP':
      return `${refusal.code} ${refusal.left} for ${refusal.asked}`
    case 'IMAGE_IS_SHARED':
      return `${refusal.code} ${refusal.recipients}`
    case 'NOT_PERMITTED':
      return `${refusal.code} ${refusal.policy}`
    case 'QUOTA_BELOW_USE':
      return `${refusal.code} ${refusal.used}`
    case 'RECIPIENT_NOT_FOUND':
    case 'RECIPIENT_IS_YOU':
    case 'ALREADY_SHARED':
    case 'RECIPIENT_QUOTA_FULL':
      return refusal.recipients.map(({ username, code }) => `${numberOf(world, username)} ${code}`).join()
    default:
      return refusal.code
  }
}

export function numberOf(world: World, username: string): number {
  const known = [...world.who].find(([, one]) => one.username === username)
  return known ? known[0] : Number(username.replace('nobody-', ''))
}

/** An image to act on: usually the actor's own, else anybody's, or a missing one. */
export function imageFor(model: Model, who: number, index: number, isOwn: boolean): ModelImage | undefined {
  const own = model.images.filter((image) => image.owner === model.masterOf(who))
  return pick(isOwn && own.length > 0 ? own : model.images, index)
}

export const actor = fc.constantFrom(...masters, ...masters, ...subs)
export const index = fc.nat(30)
export const mostly = fc.nat(9).map((one) => one < 9)

/** Recipients relative to the sharer: usually other masters, sometimes itself, sub-accounts and unknown names. */
export const others = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(1, 2, 3) },
  { weight: 1, arbitrary: fc.constantFrom(0, ...subs, 6, 7, 8, 9) },
)
export const recipients = fc.oneof(
  fc.uniqueArray(others, { minLength: 1, maxLength: 1 }),
  fc.uniqueArray(others, { minLength: 1, maxLength: 3 }),
)
export const seenBy = (model: Model, who: number, to: number) => (to < 4 ? (model.masterOf(who) + to) % 4 : to)

async function rows(world: World) {
  const owners = [...world.who.values()].map((one) => one.id)
  const [found] = await db().$queryRaw<{ rows: string[] }[]>`
    SELECT array(
      SELECT id || ' ' || state FROM "Image" WHERE "ownerId" = ANY(${owners})
      UNION ALL SELECT s.id || ' ' || "imageId" || ' ' || username || ' ' || status FROM "LiveShare" s JOIN "Account" a ON a.id = "recipientId"
        WHERE "ownerId" = ANY(${owners})
      UNION ALL SELECT "accountId" || ' ' || day || ' ' || used FROM "ShareDay" WHERE "accountId" = ANY(${owners})
      UNION ALL SELECT "accountId" || ' tried ' || extract(epoch FROM at)::bigint FROM "ShareTry"
        WHERE "accountId" = ANY(${owners})
      UNION ALL SELECT "accountId" || ' asked ' || count(*) FROM "UnknownLookup" WHERE "accountId" = ANY(${owners})
        GROUP BY "accountId") AS rows`
  return (found?.rows ?? []).sort()
}

function rowsOf(model: Model, world: World): string[] {
  const idOf = (who: number) => world.who.get(who)?.id
  return [
    ...model.images.map((image) => `${image.id} ${image.state}`),
    ...model.images.flatMap((image) =>
      [...image.shares].map(
        ([to, { id, isPending }]) => `${id} ${image.id} ${nameOf(world, to)} ${isPending ? 'PENDING' : 'ACCEPTED'}`,
      ),
    ),
    ...[...model.days].map(([key, used]) => `${idOf(Number(key.split(' ')[0]))} ${key.split(' ')[1]} ${used}`),
    ...masters
      .filter((who) => model.unknownOf(who).size > 0)
      .map((who) => `${idOf(who)} asked ${model.unknownOf(who).size}`),
    ...[...model.tries].map(([who, at]) => `${idOf(who)} tried ${at / 1000}`),
  ].sort()
}
