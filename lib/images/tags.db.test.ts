import { expect, test } from 'vitest'
import { listAudit } from '@/lib/audit/reads'
import { auditParams } from '@/lib/audit/schema'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { findAskedImage, listInstanceImages } from '@/lib/instances/reads-images'
import { listSharedImages } from '@/lib/shares/reads'
import { listShares } from '@/lib/shares/reads-list'
import { sharedImageParams } from '@/lib/shares/schema'
import { shareListParams } from '@/lib/shares/schema-list'
import { account, held, image, race, region, type TestAccount, tally, whileLocked } from '@/lib/testing/builders'
import { getImage, listCustomImages } from './reads'
import { listImageRecords } from './reads-records'
import { tagsMax, tagText } from './rules'
import { customImageParams } from './schema'
import { setTagsInput } from './schema-tags'
import { deleteImage } from './writes'
import { setImageTags } from './writes-tags'

process.env.ECS_DATABASE_POOL = '20'

async function ownImage() {
  const [here, owner] = await Promise.all([region(), account()])
  return { here, owner, imageId: await image(owner, here) }
}

async function setTags(owner: TestAccount, own: { here: string; imageId: string }, tags: string, shown = '') {
  const input = setTagsInput.parse({ region: own.here, imageId: own.imageId, shown, tags })
  return await setImageTags(owner.ctx, input)
}

const rowsOf = async (imageId: string) => (await db().imageTag.findMany({ where: { imageId } })).map(tagText).sort()
const eventsOf = async (imageId: string) =>
  await db().event.findMany({ where: { imageId, action: 'image.tag' }, orderBy: { id: 'asc' } })

test('tags are set, shown wherever the image is, and recorded before and after; without a change nothing is recorded', async () => {
  const { here, owner, imageId } = await ownImage()
  const sub = await account({ master: owner })
  expect(tally([await setTags(sub, { here, imageId }, 'team=web\nenv=dev')])).toEqual({ ok: 1 })
  const both = 'env=dev\nteam=web'
  expect(tally([await setTags(owner, { here, imageId }, both, both)])).toEqual({ ok: 1 })
  expect(tally([await setTags(owner, { here, imageId }, 'env=prod\nteam=web', both)])).toEqual({ ok: 1 })
  const tags = [
    { key: 'env', value: 'prod' },
    { key: 'team', value: 'web' },
  ]
  const list = await listCustomImages(owner.ctx, customImageParams.parse({ region: here }))
  expect(list).toMatchObject({ tags: ['env', 'env=prod', 'team', 'team=web'], items: [{ id: imageId, tags }] })
  expect(await getImage(owner.ctx, { region: here, imageId, before: undefined })).toMatchObject({ tags })
  expect(await listImageRecords(owner.ctx)).toMatchObject([{ id: imageId, tags }])
  const [before, after] = [{ tags: 'env=dev, team=web' }, { tags: 'env=prod, team=web' }]
  expect((await eventsOf(imageId)).map(({ actorId, details }) => [actorId, details])).toEqual([
    [sub.id, { before: { tags: '' }, after: before }],
    [owner.id, { before, after }],
  ])
  const { items } = await listAudit(owner.ctx, auditParams.parse({ action: 'image.tag' }))
  expect(items[0]).toMatchObject({ details: { before, after } })
})

test('of parallel forms that each add a tag as many succeed as there is room for, and none undoes another', async () => {
  const { here, owner, imageId } = await ownImage()
  const some = Array.from({ length: tagsMax - 3 }, (_, number) => `key${number}=v`).join('\n')
  expect(tally([await setTags(owner, { here, imageId }, some)])).toEqual({ ok: 1 })
  const answers = await race(8, (number) => setTags(owner, { here, imageId }, `${some}\nlast${number}=v`, some))
  expect(tally(answers)).toEqual({ ok: 3, IMAGE_TAGS_FULL: 5 })
  expect(await rowsOf(imageId)).toHaveLength(tagsMax)
  expect(await eventsOf(imageId)).toHaveLength(4)
})

test('a row is written only for a new or changed tag, and deleted only with its tag', async () => {
  const { here, owner, imageId } = await ownImage()
  const versions = async () => {
    const rows = await db().$queryRaw<{ key: string; version: string }[]>`
      SELECT key, xmin::text AS version FROM "ImageTag" WHERE "imageId" = ${imageId} ORDER BY key`
    return new Map(rows.map(({ key, version }) => [key, version]))
  }
  const shown = 'cost=7\nenv=dev\nteam=web'
  expect(tally([await setTags(owner, { here, imageId }, shown)])).toEqual({ ok: 1 })
  const before = await versions()
  expect(tally([await setTags(owner, { here, imageId }, 'env=prod\nteam=web\nzone=a', shown)])).toEqual({ ok: 1 })
  const after = await versions()
  expect([...after.keys()]).toEqual(['env', 'team', 'zone'])
  expect(after.get('team')).toBe(before.get('team'))
  expect(after.get('env')).not.toBe(before.get('env'))
  expect(await rowsOf(imageId)).toEqual(['env=prod', 'team=web', 'zone=a'])
})

test('a form that waits while somebody else sets another tag keeps that tag', async () => {
  const { here, owner, imageId } = await ownImage()
  const theirs = { imageId, ownerId: owner.id, regionId: here, key: 'cost', value: '7' }
  const answer = await whileLocked(
    [imageId],
    () => setTags(owner, { here, imageId }, 'env=prod'),
    (tx) => tx.imageTag.create({ data: theirs }),
  )
  expect(tally([answer])).toEqual({ ok: 1 })
  expect(await rowsOf(imageId)).toEqual(['cost=7', 'env=prod'])
})

test("nobody can tag another's image, or one in the recycle bin; a removed image loses its tags", async () => {
  const { here, owner, imageId } = await ownImage()
  const recipient = await account()
  await held(imageId, recipient)
  expect(tally([await setTags(recipient, { here, imageId }, 'env=prod')])).toEqual({ IMAGE_NOT_FOUND: 1 })
  const disabled = await account({ master: owner, disabledAt: new Date(0) })
  expect(tally([await setTags(disabled, { here, imageId }, 'env=prod')])).toEqual({ SIGNED_OUT: 1 })
  expect(tally([await setTags(owner, { here: await region(), imageId }, 'env=prod')])).toEqual({ REGION_MISMATCH: 1 })
  expect(await rowsOf(imageId)).toEqual([])
  expect(tally([await setTags(owner, { here, imageId }, 'env=prod')])).toEqual({ ok: 1 })
  await deleteImage(owner.ctx, { region: here, imageId, cancelShares: true, typedName: 'web-01' })
  expect(tally([await setTags(owner, { here, imageId }, 'env=dev')])).toEqual({ IMAGE_BUSY: 1 })
  expect(await rowsOf(imageId)).toEqual(['env=prod'])
  await db().image.update({
    where: { id: imageId },
    data: { state: 'failed', blobId: null, size: 0, sha256: null, deletedAt: null },
  })
  await deleteImage(owner.ctx, { region: here, imageId, cancelShares: false, typedName: null })
  expect(await rowsOf(imageId)).toEqual([])
})

test('recipients never see tags, and their copies have none', async () => {
  const { here, owner, imageId } = await ownImage()
  const recipient = await account()
  await held(imageId, recipient)
  const secret = `secret${owner.username}`
  expect(tally([await setTags(owner, { here, imageId }, `team=${secret}`)])).toEqual({ ok: 1 })
  const { ctx } = recipient
  const params = { region: here, imageId }
  const read = [
    await getImage(ctx, { ...params, before: undefined }),
    await listSharedImages(ctx, sharedImageParams.parse({ region: here })),
    await listSharedImages(ctx, sharedImageParams.parse({ region: here, q: secret })),
    await listShares(ctx, shareListParams.parse({ region: here })),
    await listCustomImages(ctx, customImageParams.parse({ region: here, tag: `team=${secret}` })),
    await listInstanceImages(ctx, { region: here, q: '' }),
    await findAskedImage(ctx, params),
    await listAudit(ctx, auditParams.parse({})),
  ]
  expect(read[0]).toMatchObject({ view: 'recipient' })
  const text = JSON.stringify(read)
  expect(text).toContain('web-01')
  expect(text.split(secret)).toHaveLength(1)
  expect(text).not.toContain('"key"')
  expect(await db().notice.count({ where: { accountId: recipient.id } })).toBe(0)
})

test('a copy in another region starts with the tags, and later changes of the original do not reach it', async () => {
  const { here, owner, imageId } = await ownImage()
  const there = await region()
  expect(tally([await setTags(owner, { here, imageId }, 'env=prod\nteam=web')])).toEqual({ ok: 1 })
  const begun = await beginCopy(owner.ctx, { region: here, imageId, targetRegion: there, name: 'copy-01' })
  const copy = begun.ok ? begun.value.imageId : ''
  expect(tally([await setTags(owner, { here, imageId }, '', 'env=prod\nteam=web')])).toEqual({ ok: 1 })
  expect(await rowsOf(copy)).toEqual(['env=prod', 'team=web'])
  const list = await listCustomImages(owner.ctx, customImageParams.parse({ region: there, tag: 'env=prod' }))
  expect(list.items).toMatchObject([{ id: copy }])
})

test('the list is filtered by key and by value, combined with other filters, page by page', async () => {
  const [here, there, owner, other] = await Promise.all([region(), region(), account(), account()])
  const made: [string, string, string][] = [
    ['web-01', 'Debian 12', 'env=prod\nteam=web'],
    ['web-02', 'Debian 12', 'env=dev\nteam=web'],
    ['db-01', 'Ubuntu 24.04', 'env=prod'],
    ['old', 'Ubuntu 24.04', 'env=\nEnv=prod'],
    ['plain', 'Debian 12', ''],
  ]
  for (const [name, operatingSystem, tags] of made)
    await setTags(owner, { here, imageId: await image(owner, here, { name, operatingSystem }) }, tags)
  await setTags(owner, { here: there, imageId: await image(owner, there) }, 'env=prod\nthere=only')
  await setTags(other, { here, imageId: await image(other, here) }, 'env=prod\ntheirs=only')
  const list = (asked: Record<string, string>) =>
    listCustomImages(owner.ctx, customImageParams.parse({ region: here, sort: 'name', ...asked }))
  const names = async (asked: Record<string, string>) => (await list(asked)).items.map(({ name }) => name)
  expect(await names({ tag: 'env' })).toEqual(['db-01', 'old', 'web-01', 'web-02'])
  expect(await names({ tag: 'env=prod' })).toEqual(['db-01', 'web-01'])
  expect(await names({ tag: 'env=' })).toEqual(['old'])
  expect(await names({ tag: 'ENV=prod' })).toEqual([])
  expect(await names({ tag: 'env=pro' })).toEqual([])
  expect(await names({ tag: 'env=prod', os: 'Debian 12' })).toEqual(['web-01'])
  expect(await names({ tag: 'team=web', q: '02' })).toEqual(['web-02'])
  expect(await names({ tag: 'env=prod', state: 'failed' })).toEqual([])
  for (const tag of ['=', '=prod', "env' OR true --", '%', '\u0000', 'env=\\'])
    expect(await names({ tag }), tag).toHaveLength(tag === '\u0000' ? 5 : 0)
  const { tags, range, next } = await list({ tag: 'env' })
  const offered = ['Env', 'Env=prod', 'env', 'env=', 'env=dev', 'env=prod', 'team', 'team=web']
  expect(tags.toSorted()).toEqual(offered)
  expect([range, next]).toEqual([{ from: 1, total: 4 }, null])
})

test('the filter offers ten values of each key, and more of the filtered key', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  const own = { ownerId: owner.id, regionId: here }
  for (let number = 10; number < 40; number++) {
    const build = await image(owner, here)
    await db().imageTag.create({ data: { imageId: build, ...own, key: 'build', value: String(number) } })
  }
  await setTags(owner, { here, imageId }, 'zone=a')
  const offered = async (tag?: string) =>
    (await listCustomImages(owner.ctx, customImageParams.parse({ region: here, tag }))).tags
  const ten = Array.from({ length: 10 }, (_, number) => `build=${number + 10}`)
  expect(await offered()).toEqual(['build', ...ten, 'zone', 'zone=a'])
  expect(await offered('zone=a')).toEqual(['build', ...ten, 'zone', 'zone=a'])
  expect(await offered('build')).toHaveLength(33)
})

test('with many keys the filter offers all of them with fewer values each, and all values of the filtered key', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const own = { ownerId: owner.id, regionId: here }
  const keys = Array.from({ length: 41 }, (_, number) => `key-${number + 10}`)
  for (let value = 0; value < 12; value++) {
    // More tags than a form allows: only the form has that limit.
    const imageId = await image(owner, here)
    await db().imageTag.createMany({ data: keys.map((key) => ({ imageId, ...own, key, value: `v${value}` })) })
  }
  const { tags } = await listCustomImages(owner.ctx, customImageParams.parse({ region: here, tag: 'key-50' }))
  expect(tags.filter((tag) => !tag.includes('='))).toEqual(keys)
  const valuesOf = (key: string) => tags.filter((tag) => tag.startsWith(`${key}=`)).length
  expect([valuesOf('key-10'), valuesOf('key-49'), valuesOf('key-50')]).toEqual([4, 4, 12])
})

test('a page of a filtered list leads to the next one and back', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  for (let number = 0; number < 54; number++) {
    const imageId = await image(owner, here, { name: `disk-${String(number).padStart(2, '0')}` })
    if (number % 2 === 0) await setTags(owner, { here, imageId }, 'env=prod')
  }
  const list = (asked: Record<string, string>) =>
    listCustomImages(owner.ctx, customImageParams.parse({ region: here, sort: 'name', tag: 'env', ...asked }))
  const first = await list({})
  const second = await list({ after: first.next ?? '' })
  expect([first.items.length, second.items.map(({ name }) => name)]).toEqual([25, ['disk-50', 'disk-52']])
  expect((await list({ before: second.prev ?? '' })).items).toEqual(first.items)
})
