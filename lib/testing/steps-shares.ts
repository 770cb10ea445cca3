import fc from 'fast-check'
import { setIncomingInput } from '@/lib/accounts/schema'
import { setIncoming } from '@/lib/accounts/writes-incoming'
import { lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { attachSubAccountPolicies } from '@/lib/accounts/writes-sub-accounts'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { refuseUnpermitted } from '@/lib/permissions'
import { refuse } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { acceptShare } from '@/lib/shares/writes-accept'
import { cancelShare, declineShare, endSharesOver } from '@/lib/shares/writes-end'
import { extendShares } from '@/lib/shares/writes-extend'
import { asked, nth } from './builders'
import {
  actor,
  command,
  ctxOf,
  imageFor,
  index,
  mostly,
  nameOf,
  numberOf,
  others,
  permitted,
  pick,
  recipients,
  said,
  seenBy,
} from './command'
import { incomingPolicies, type Model, masters, modelPolicies, subs } from './model'

// Steps about shares: giving, receiving, and the permissions of sub-accounts.

const share = fc.tuple(actor, index, mostly, mostly, recipients).map(([who, at, isOwn, isHere, toOthers]) =>
  command(`${who} shares ${at} with the others ${toOthers}`, async (model, world) => {
    const to = toOthers.map((one) => seenBy(model, who, one))
    const image = imageFor(model, who, at, isOwn)
    const where = isHere ? (image?.region ?? 0) : 1 - (image?.region ?? 0)
    const expected = model.share(who, image, where, to)
    const input = asked(nth(world.regions, where), image?.id ?? newId('img'), ...to.map((one) => nameOf(world, one)))
    const result = await permitted(await ctxOf(model, world, who), 'shares.give', input, shareImage)
    if (result.ok && image) {
      for (const { id, username, status } of result.value)
        image.shares.set(numberOf(world, username), { id, isPending: status === 'PENDING' })
      model.everShared.push(...result.value.map(({ id }) => id))
    }
    return [expected, said(world, result)]
  }),
)

/** A share to act on: usually one of the actor's, else an ended or a missing one. */
function shareFor(model: Model, who: number, at: number): string {
  const side = model.masterOf(who)
  const mine = model.liveShares().filter(({ owner, to }) => to === side || owner === side)
  return pick([...mine.map(({ id }) => id), ...model.everShared.slice(-3)], at) ?? newId('shr')
}

const cancel = fc.tuple(actor, index).map(([who, at]) =>
  command(`${who} cancels ${at}`, async (model, world) => {
    const shareId = shareFor(model, who, at)
    const expected = model.cancel(who, shareId)
    return [expected, said(world, await cancelShare(await ctxOf(model, world, who), { shareId }))]
  }),
)

const answer = fc.tuple(actor, index, mostly).map(([who, at, isGood]) =>
  command(`${who} answers ${at}, well: ${isGood}`, async (model, world) => {
    const shareId = shareFor(model, who, at)
    const expected = isGood ? model.accept(who, shareId) : model.decline(who, shareId)
    const ctx = await ctxOf(model, world, who)
    return [expected, said(world, await (isGood ? acceptShare(ctx, { shareId }) : declineShare(ctx, { shareId })))]
  }),
)

const extend = fc.tuple(actor, index, fc.constantFrom(...(['7', '30', 'never'] as const))).map(([who, at, until]) =>
  command(`${who} extends ${at} to ${until}`, async (model, world) => {
    const shareId = shareFor(model, who, at)
    const expected = model.extend(who, shareId)
    const input = { shareIds: [shareId], until }
    return [expected, said(world, await extendShares(await ctxOf(model, world, who), input))]
  }),
)

/** Expires a share, or the time to answer it, whether a worker has swept it or not. */
const expire = fc.tuple(index, fc.boolean()).map(([at, isSwept]) =>
  command(`${at} expires, swept: ${isSwept}`, async (model) => {
    const share = pick(model.liveShares(), at)
    if (!share) return ['none', 'none']
    const over = new Date(Date.now() - 1)
    await db().share.update({
      where: { id: share.id },
      data: share.isPending ? { answerBy: over } : { expiresAt: over },
    })
    model.end(share.id)
    if (isSwept) await endSharesOver(new Date(model.now))
    return ['over', 'over']
  }),
)

const names = fc.subarray([...masters], { maxLength: 2 })

/** Sets a master's policy for incoming shares: everybody, after asking, or named sharers; and its block list. */
const choose = fc
  .tuple(actor, fc.constantFrom(...incomingPolicies), names, names)
  .map(([who, policy, allowed, blocked]) =>
    command(`${who} takes images: ${policy}, allowed ${allowed}, blocked ${blocked}`, async (model, world) => {
      const expected = model.choose(who, { policy, allowed, blocked })
      const named = (list: number[]) => list.map((one) => nameOf(world, one)).join(' ')
      const input = setIncomingInput.parse({ policy, allowed: named(allowed), blocked: named(blocked) })
      const ctx = await ctxOf(model, world, who)
      const needs = [{ permission: 'shares.receive' as const, region: null, isEverywhere: true }]
      const unpermitted = refuseUnpermitted(ctx.viewer, needs)
      return [expected, said(world, unpermitted ? refuse(unpermitted) : await setIncoming(ctx, input))]
    }),
  )

const someRegions = fc.constantFrom(null, [0], [1])

/** Changes a sub-account's policies. */
const permit = fc
  .tuple(fc.constantFrom(...subs), fc.array(fc.tuple(fc.constantFrom(...modelPolicies), someRegions), { maxLength: 2 }))
  .map(([sub, chosen]) => {
    const grants = new Map(chosen)
    return command(`${sub} may ${JSON.stringify([...grants])}`, async (model, world) => {
      const master = model.masterOf(sub)
      const expected = model.permit(sub, grants)
      const input = {
        accountId: world.who.get(sub)?.id ?? '',
        grants: [...grants].map(([policy, where]) => ({
          policy,
          regions: where?.map((one) => nth(world.regions, one)) ?? null,
        })),
      }
      return [expected, said(world, await attachSubAccountPolicies(await ctxOf(model, world, master), input))]
    })
  })

const lookUp = fc.tuple(actor, others).map(([who, other]) =>
  command(`${who} looks up the other ${other}`, async (model, world) => {
    const to = seenBy(model, who, other)
    if (model.isOut(who)) return ['out', 'out']
    const expected = model.lookUp(who, to)
    const answer = await lookUpRecipient(await ctxOf(model, world, who), { username: nameOf(world, to) })
    return [expected, answer.status]
  }),
)

/** The steps about shares; a repeated step is more frequent. */
export const shareSteps = [
  share,
  share,
  share,
  share,
  share,
  cancel,
  cancel,
  answer,
  answer,
  answer,
  extend,
  expire,
].concat([choose, choose, permit, lookUp])
