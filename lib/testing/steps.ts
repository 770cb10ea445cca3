import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect } from 'vitest'
import { setDisabled } from '@/lib/accounts/writes'
import { lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { operatorContext } from '@/lib/admin/operator'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { deleteImage, purgeImage, restoreImage } from '@/lib/images/writes'
import { beginImport } from '@/lib/imports/writes'
import { setQuotas } from '@/lib/quotas/writes'
import type { Result } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { cancelShare } from '@/lib/shares/writes-end'
import { storeOf } from '@/lib/stores/store'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { claimPlace, failTransfer, settleTransfer } from '@/lib/transfers/writes'
import { asked, minutes, nth, type TestAccount } from './builders'
import { checkedContent } from './builders-checks'
import { type Model, type ModelImage, masters, subs } from './model'

export type World = { who: Map<number, TestAccount>; regions: string[] }
type Step = (model: Model, world: World) => Promise<[expected: string, answered: string]>

/** Few contents for many images, so that duplicates are frequent. */
const contents = ['a disk', 'another disk', 'a third disk'].map((text) => Buffer.from(text))
let made = 0

const nameOf = (world: World, who: number) => world.who.get(who)?.username ?? `nobody-${who}`

function ctxOf(model: Model, world: World, who: number): Context {
  const account = world.who.get(who)
  if (!account) throw new Error(`Nobody has the number ${who}.`)
  return account.at(new Date(model.now))
}
const pick = <T>(list: T[], index: number) => (list.length > 0 ? nth(list, index % list.length) : undefined)

/** A fast-check command: time advances a little, the step runs in both, and answers and states must be equal. */
function command(name: string, step: Step): fc.AsyncCommand<Model, World> {
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

function said(world: World, result: Result<unknown>): string {
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

function numberOf(world: World, username: string): number {
  const known = [...world.who].find(([, one]) => one.username === username)
  return known ? known[0] : Number(username.replace('nobody-', ''))
}

/** An image to act on: mostly the actor's own, else anybody's, or a missing one. */
function imageFor(model: Model, who: number, index: number, isOwn: boolean): ModelImage | undefined {
  const own = model.images.filter((image) => image.owner === model.masterOf(who))
  return pick(isOwn && own.length > 0 ? own : model.images, index)
}

const actor = fc.constantFrom(...masters, ...masters, ...subs)
const index = fc.nat(30)
const mostly = fc.nat(9).map((one) => one < 9)

/** Recipients relative to the sharer: mostly other masters, sometimes itself, sub-accounts and unknown names. */
const others = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(1, 2, 3) },
  { weight: 1, arbitrary: fc.constantFrom(0, ...subs, 6, 7, 8, 9) },
)
const recipients = fc.oneof(
  fc.uniqueArray(others, { minLength: 1, maxLength: 1 }),
  fc.uniqueArray(others, { minLength: 1, maxLength: 3 }),
)
const seenBy = (model: Model, who: number, to: number) => (to < 4 ? (model.masterOf(who) + to) % 4 : to)

const share = fc.tuple(actor, index, mostly, mostly, recipients).map(([who, at, isOwn, isHere, toOthers]) =>
  command(`${who} shares ${at} with the others ${toOthers}`, async (model, world) => {
    const to = toOthers.map((one) => seenBy(model, who, one))
    const image = imageFor(model, who, at, isOwn)
    const where = isHere ? (image?.region ?? 0) : 1 - (image?.region ?? 0)
    const expected = model.share(who, image, where, to)
    const input = asked(nth(world.regions, where), image?.id ?? newId('img'), ...to.map((one) => nameOf(world, one)))
    const result = await shareImage(ctxOf(model, world, who), input)
    if (result.ok && image) {
      for (const { id, username } of result.value) image.shares.set(numberOf(world, username), id)
      model.everShared.push(...result.value.map(({ id }) => id))
    }
    return [expected, said(world, result)]
  }),
)

const cancel = fc.tuple(actor, index).map(([who, at]) =>
  command(`${who} cancels ${at}`, async (model, world) => {
    const side = model.masterOf(who)
    const mine = model.images.flatMap((image) =>
      [...image.shares].filter(([to]) => to === side || image.owner === side),
    )
    const shareId = pick([...mine.map(([, id]) => id), ...model.everShared.slice(-3)], at) ?? newId('shr')
    const expected = model.cancel(who, shareId)
    return [expected, said(world, await cancelShare(ctxOf(model, world, who), { shareId }))]
  }),
)

const begin = fc.tuple(actor, fc.nat(1)).map(([who, where]) =>
  command(`${who} begins an import in ${where}`, async (model, world) => {
    const expected = model.beginImport(who, where)
    const input = { region: nth(world.regions, where), name: 'web-01', operatingSystem: 'Debian 12' }
    const result = await beginImport(ctxOf(model, world, who), input)
    if (result.ok) {
      const owner = model.masterOf(who)
      const image = { id: result.value.imageId, owner, region: where, state: 'importing' as const, shares: new Map() }
      model.images.push(image)
    }
    return [expected, said(world, result)]
  }),
)

const end = fc.tuple(index, mostly).map(([at, isGood]) =>
  command(`import ${at} ends, well: ${isGood}`, async (model, world) => {
    const image = pick(
      model.images.filter((one) => one.state === 'importing'),
      at,
    )
    if (!image) return ['none', 'none']
    const ctx = ctxOf(model, world, image.owner)
    image.state = isGood ? 'available' : 'failed'
    if (isGood) return ['ok', said(world, await finish(ctx, nth(world.regions, image.region), image.id))]
    return ['ok', said(world, await failTransfer(ctx, { imageId: image.id, holder: null }, { code: 'DISK_REFUSED' }))]
  }),
)

export async function finish(ctx: Context, regionId: string, imageId: string): Promise<Result<unknown>> {
  const disk = nth(contents, made++ % contents.length)
  const sha256 = createHash('sha256').update(disk).digest('hex')
  const content = { format: 'raw' as const, virtualSize: 512, size: disk.length, sha256 }
  const work = { imageId, holder: null }
  const place = await claimPlace(ctx, work, content, { isNormalised: false })
  if (!place.ok) return place
  if (!place.value.isThere) await storeOf(regionId).put(place.value.key, Readable.from([disk]), { size: disk.length })
  const settled = await settleTransfer(ctx, work, content)
  if (settled.ok) await checkedContent(sha256)
  return settled
}

const remove = fc.tuple(actor, index, mostly, fc.boolean(), mostly).map(([who, at, isOwn, cancelShares, isNamed]) =>
  command(`${who} deletes ${at}, cancelling: ${cancelShares}`, async (model, world) => {
    const image = imageFor(model, who, at, isOwn)
    const expected = model.delete(who, image, cancelShares, isNamed)
    const where = nth(world.regions, image?.region ?? 0)
    const input = { region: where, imageId: image?.id ?? newId('img'), cancelShares }
    const typed = { ...input, typedName: isNamed ? 'web-01' : 'web-02' }
    return [expected, said(world, await deleteImage(ctxOf(model, world, who), typed))]
  }),
)

const forget = index.map((at) =>
  command(`the job removes ${at}`, async (model) => {
    const image = pick(
      model.images.filter((one) => one.state === 'deleting'),
      at,
    )
    if (image) {
      const { blobId } = await db().image.findUniqueOrThrow({ where: { id: image.id }, select: { blobId: true } })
      await removeBlob({ blobId: blobId ?? '' })
      model.forget(image)
    }
    return ['done', 'done']
  }),
)

const unbin = fc.tuple(actor, index, mostly, fc.boolean()).map(([who, at, isOwn, isBack]) =>
  command(`${who} takes ${at} out of the bin, back: ${isBack}`, async (model, world) => {
    const image = imageFor(model, who, at, isOwn)
    const input = { region: nth(world.regions, image?.region ?? 0), imageId: image?.id ?? newId('img') }
    const ctx = ctxOf(model, world, who)
    const expected = model.unbin(who, image)
    const answered = said(world, isBack ? await restoreImage(ctx, input) : await purgeImage(ctx, input))
    if (expected === 'ok' && image) {
      if (isBack) image.state = 'available'
      // The model does not know shared bytes: then the image is deleted at once.
      else if ((await db().image.count({ where: { id: image.id } })) === 1) image.state = 'deleting'
      else model.forget(image)
    }
    return [expected, answered]
  }),
)

const changeQuota = fc
  .tuple(fc.constantFrom(...masters), fc.nat(1), fc.nat(5), fc.boolean())
  .map(([who, where, images, forced]) =>
    command(`the quota of ${who} in ${where} becomes ${images}, forced: ${forced}`, async (model, world) => {
      const expected = model.setQuota(who, where, images, forced)
      const change = { username: nameOf(world, who), region: nth(world.regions, where), amounts: { images }, forced }
      return [expected, said(world, await setQuotas({ ...operatorContext(), now: new Date(model.now) }, change))]
    }),
  )

const disable = fc.tuple(fc.constantFrom(...masters, ...subs), fc.nat(3)).map(([who, turn]) =>
  command(`${who} is ${turn === 0 ? 'disabled' : 'enabled'}`, async (model, world) => {
    if (turn === 0) model.disabled.add(who)
    else model.disabled.delete(who)
    const ctx = { ...operatorContext(), now: new Date(model.now) }
    return ['ok', said(world, await setDisabled(ctx, nameOf(world, who), turn === 0))]
  }),
)

const lookUp = fc.tuple(actor, others).map(([who, other]) =>
  command(`${who} looks up the other ${other}`, async (model, world) => {
    const to = seenBy(model, who, other)
    if (model.isOut(who)) return ['out', 'out']
    const expected = model.lookUp(who, to)
    const answer = await lookUpRecipient(ctxOf(model, world, who), { username: nameOf(world, to) })
    return [expected, answer.status]
  }),
)

const wait = fc.constantFrom(minutes(10), minutes(59), minutes(60), minutes(13 * 60)).map((ms) =>
  command(`${ms / minutes(1)} minutes pass`, async (model) => {
    model.now += ms
    return ['', '']
  }),
)

async function rows(world: World) {
  const owners = [...world.who.values()].map((one) => one.id)
  const [found] = await db().$queryRaw<{ rows: string[] }[]>`
    SELECT array(
      SELECT id || ' ' || state FROM "Image" WHERE "ownerId" = ANY(${owners})
      UNION ALL SELECT s.id || ' ' || "imageId" || ' ' || username FROM "Share" s JOIN "Account" a ON a.id = "recipientId"
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
    ...model.images.flatMap((image) => [...image.shares].map(([to, id]) => `${id} ${image.id} ${nameOf(world, to)}`)),
    ...[...model.days].map(([key, used]) => `${idOf(Number(key.split(' ')[0]))} ${key.split(' ')[1]} ${used}`),
    ...masters
      .filter((who) => model.unknownOf(who).size > 0)
      .map((who) => `${idOf(who)} asked ${model.unknownOf(who).size}`),
    ...[...model.tries].map(([who, at]) => `${idOf(who)} tried ${at / 1000}`),
  ].sort()
}

/** Every kind of step; repetition makes a step more frequent. */
export const anyStep = [share, share, share, share, share, cancel, cancel, begin, end, end, remove, forget].concat([
  unbin,
  unbin,
  changeQuota,
  disable,
  lookUp,
  wait,
])
