import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { setDisabled } from '@/lib/accounts/writes'
import { operatorContext } from '@/lib/admin/operator'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { deleteImage, purgeImage, restoreImage } from '@/lib/images/writes'
import { beginImport } from '@/lib/imports/writes'
import { setQuotas } from '@/lib/quotas/writes'
import type { Result } from '@/lib/result'
import { storeOf } from '@/lib/stores/store'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { claimPlace, failTransfer, settleTransfer } from '@/lib/transfers/writes'
import { minutes, nth } from './builders'
import { checkedContent } from './builders-checks'
import { actor, command, ctxOf, imageFor, index, mostly, nameOf, pick, said } from './command'
import { masters, subs } from './model'
import { shareSteps } from './steps-shares'

// Steps about images, quotas and accounts.

/** Few contents for many images, so that images often share bytes. */
const contents = ['a disk', 'another disk', 'a third disk'].map((text) => Buffer.from(text))
let made = 0

const begin = fc.tuple(actor, fc.nat(1)).map(([who, where]) =>
  command(`${who} begins an import in ${where}`, async (model, world) => {
    const expected = model.beginImport(who, where)
    const input = { region: nth(world.regions, where), name: 'web-01', operatingSystem: 'Debian 12' }
    const result = await beginImport(await ctxOf(model, world, who), input)
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
    const ctx = await ctxOf(model, world, image.owner)
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
    return [expected, said(world, await deleteImage(await ctxOf(model, world, who), typed))]
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
    const ctx = await ctxOf(model, world, who)
    const expected = model.unbin(who, image)
    const answered = said(world, isBack ? await restoreImage(ctx, input) : await purgeImage(ctx, input))
    if (expected === 'ok' && image) {
      if (isBack) image.state = 'available'
      // The model does not know about shared bytes: an image whose bytes are shared is removed at once.
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

const wait = fc.constantFrom(minutes(10), minutes(59), minutes(60), minutes(13 * 60)).map((ms) =>
  command(`${ms / minutes(1)} minutes pass`, async (model) => {
    model.now += ms
    return ['', '']
  }),
)

/** All steps; a repeated step is more frequent. */
export const anyStep = [...shareSteps, begin, end, end, remove, forget].concat([
  unbin,
  unbin,
  changeQuota,
  disable,
  wait,
])
