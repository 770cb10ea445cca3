import { beforeAll, expect, test } from 'vitest'
import { verifyOwnChain } from '@/lib/audit/reads-verify'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { getImage, listCustomImages } from '@/lib/images/reads'
import { customImageParams, imageSorts } from '@/lib/images/schema'
import { getInstance, listInstanceEvents, listInstances } from '@/lib/instances/reads'
import { findAskedImage, listInstanceImages } from '@/lib/instances/reads-images'
import { instanceListParams, instanceSorts } from '@/lib/instances/schema'
import { listQuotas } from '@/lib/quotas/reads'
import { resources } from '@/lib/quotas/rules'
import { listRegionContents } from '@/lib/regions/reads'
import { countNewShares, listSharedImages } from '@/lib/shares/reads'
import { listShares } from '@/lib/shares/reads-list'
import { sharedImageParams, sharedImageSorts } from '@/lib/shares/schema'
import { shareListParams, shareListSorts } from '@/lib/shares/schema-list'
import { account, accounts, held, image, later, minutes, nth, region, type TestAccount } from '@/lib/testing/builders'
import { instance } from '@/lib/testing/builders-instances'
import { rowsRead } from '@/lib/testing/rows-read'

// The cost of a read must not depend on other tenants' rows. A plan that reads them gives the same answer, only slower, so the
// tests count the rows that PostgreSQL reads.

process.env.ECS_DATABASE_POOL = '1'

const others = 20_000
const own = 40
/** The most rows of one table: the reader's own rows a few times, because a list has several parts. */
const rowsMax = 2_000
let here: string
let owner: TestAccount
let neighbour: TestAccount
let recipient: TestAccount
/** Holds a quarter of all shares, has seen all of them, and has 2,000 images. */
let collector: TestAccount
let ids: string[]

beforeAll(async () => {
  here = await region()
  const made = await accounts(4)
  ;[owner, neighbour, recipient, collector] = [nth(made, 0), nth(made, 1), nth(made, 2), nth(made, 3)]
  ids = []
  for (let index = 0; index < own; index++) {
    const state = index % 10 === 0 ? ('failed' as const) : ('available' as const)
    const options = {
      name: `disk-${index}`,
      operatingSystem: `System ${index % 5}`,
      state,
      createdAt: later(minutes(index)),
    }
    ids.push(await image(owner, here, options))
  }
  for (const id of ids.filter((_, index) => index % 10 !== 0)) await held(id, recipient)
  await db().$executeRaw`
    INSERT INTO "Image" (id, "ownerId", "regionId", name, "operatingSystem", "virtualSize", source, state, "deletedAt", "createdAt", "updatedAt")
    SELECT 'img-other' || n, ${neighbour.id}, ${here}, 'disk-' || n, 'System ' || n % 50, n, 'IMPORT', 'failed',
      NULL, now() - n * interval '1 minute', now() FROM generate_series(1, ${others}) n`
  await db().$executeRaw`
    INSERT INTO "Image" (id, "ownerId", "regionId", name, "operatingSystem", source, state, "createdAt", "updatedAt")
    SELECT 'img-many' || n, ${collector.id}, ${here}, 'disk-' || n, 'System 1', 'IMPORT', 'failed', now(), now()
    FROM generate_series(1, ${others} / 10) n`
  await db().$executeRaw`
    INSERT INTO "Share" (id, "imageId", "ownerId", "regionId", "recipientId", "sharedById", "createdAt", "seenAt")
    SELECT 'shr-' || md5(n::text), 'img-other' || n, ${neighbour.id}, ${here},
      CASE WHEN n % 4 = 0 THEN ${collector.id} ELSE ${(await account()).id} END, ${neighbour.id},
      now() - n * interval '1 minute', CASE WHEN n % 4 = 0 THEN now() END FROM generate_series(1, ${others}) n`
  await manyTags()
  await manyInstances()
  await manyEvents()
  await db()
    .$executeRaw`VACUUM ANALYZE "Image", "ImageTag", "Share", "Account", "Instance", "Event", "AuditEntry", "AuditChain"`
})

/** Tags for every image: one that all images have, and one that few have. */
async function manyTags(): Promise<void> {
  await db().$executeRaw`
    INSERT INTO "ImageTag" ("imageId", "ownerId", "regionId", key, value)
    SELECT id, "ownerId", "regionId", key, CASE key WHEN 'env' THEN 'prod' ELSE name END
    FROM "Image", unnest(ARRAY['build', 'env']) key`
}

/** Instances: 10,000 each of the neighbour and the collector, half of them from one image of the owner, and a few of the owner. */
async function manyInstances(): Promise<void> {
  const machine = await instance(owner, here, { name: 'machine-0', imageId: ids[1] ?? '' })
  for (let index = 1; index < own; index++)
    await instance(owner, here, { name: `machine-${index}`, imageId: ids[1] ?? '' })
  for (const { id } of [neighbour, collector])
    await db().$executeRaw`
      INSERT INTO "Instance" (id, "ownerId", "createdById", "regionId", name, state, "imageId", "imageName", "imageOwnerId",
        "imageOwnerName", "operatingSystem", "bootMode", "typeId", "diskBytes", "blobId", build, "hostId", "createdAt", "updatedAt")
      SELECT 'ins-' || ${id} || n, ${id}, ${id}, "regionId", 'machine-' || n, 'running',
        CASE WHEN n % 2 = 0 THEN "imageId" ELSE 'img-gone' END, "imageName", "imageOwnerId",
        "imageOwnerName", "operatingSystem", "bootMode", "typeId", "diskBytes", "blobId", build, "hostId",
        now() - n * interval '1 minute', now() FROM "Instance", generate_series(1, ${others} / 2) n WHERE id = ${machine}`
}

/** Events of the neighbour, every second with the collector as recipient, and a few of the owner and the recipient. */
async function manyEvents(): Promise<void> {
  const record = (by: TestAccount, to: TestAccount, count: number) => db().$executeRaw`
    INSERT INTO "Event" (at, action, "actorId", "actorName", "ownerId", "ownerName", "recipientId", "recipientName")
    SELECT now(), 'share.create', ${by.id}, ${by.username}, ${by.id}, ${by.username},
      CASE WHEN n % 2 = 0 THEN ${to.id} END, CASE WHEN n % 2 = 0 THEN ${to.username} END FROM generate_series(1, ${count}) n`
  await record(neighbour, collector, others)
  await record(owner, recipient, own)
}

/** PostgreSQL may switch a named statement to a generic plan from its sixth execution on. */
const untilPlanned = 7

async function expectFew(run: () => Promise<unknown>, most = rowsMax): Promise<void> {
  for (let time = 0; time < untilPlanned; time++) await run()
  const read = await rowsRead(run)
  expect(Object.keys(read), 'nothing was read').not.toEqual([])
  expect(Object.entries(read).filter(([, rows]) => rows > most)).toEqual([])
}

const custom = (asked: Record<string, string>) => () =>
  listCustomImages(owner.ctx, customImageParams.parse({ region: here, ...asked }))
const shared = (asked: Record<string, string>) => () =>
  listSharedImages(recipient.ctx, sharedImageParams.parse({ region: here, ...asked }))

const filters: Record<string, string>[] = [
  {},
  { q: 'disk-7' },
  { q: 'no such name' },
  { os: 'System 3' },
  { os: 'no such system' },
  { q: 'disk', os: 'System 3' },
]

test('the counter works: it counts all images when all are read', async () => {
  const read = await rowsRead(() => db().image.findMany({ select: { description: true } }))
  expect(read.Image).toBeGreaterThan(others)
})

const tagFilters: Record<string, string>[] = [
  { tag: 'env' },
  { tag: 'env=prod', q: 'disk', os: 'System 3' },
  { tag: 'build=disk-7' },
  { tag: 'no such tag' },
]

test.each<Record<string, string>>([
  ...[...filters, ...tagFilters],
  ...[{ state: 'failed' }, { state: 'available' }, { state: 'deleted' }],
])('the own list reads nobody else’s rows: %j', async (asked) => {
  for (const sort of imageSorts) await expectFew(custom({ ...asked, sort }))
})

test("a page of own images with a tag reads no other account's images and tags, also for an account with 2,000", async () => {
  for (const tag of ['env', 'env=prod', 'build=disk-7'])
    for (const sort of imageSorts) {
      const list = customImageParams.parse({ region: here, tag, sort })
      const read = await rowsRead(() => listCustomImages(collector.ctx, list))
      // Its images and their tags, two for each, a few times.
      expect(read.Image, `${tag} ${sort}`).toBeLessThan(8_000)
      expect(read.ImageTag, `${tag} ${sort}`).toBeLessThan(10_000)
    }
})

test.each(filters)('the list of received images reads no other account’s rows: %j', async (asked) => {
  for (const sort of sharedImageSorts) await expectFew(shared({ ...asked, sort }))
})

test.each<Record<string, string>>([{}, { q: 'disk-7' }, { q: 'no such name' }, { state: 'ACCEPTED' }])(
  'the Sharing page reads nobody else’s rows, on either side: %j',
  async (asked) => {
    for (const sort of shareListSorts) {
      await expectFew(() =>
        listShares(owner.ctx, shareListParams.parse({ region: here, tab: 'given', ...asked, sort })),
      )
      await expectFew(() => listShares(recipient.ctx, shareListParams.parse({ region: here, ...asked, sort })))
    }
  },
)

test('a page of the Sharing page reads up to the limit of its count, for a holder of a quarter of all shares and for their sharer', async () => {
  const sides = [
    { ctx: collector.ctx, tab: 'received' },
    { ctx: neighbour.ctx, tab: 'given' },
  ]
  for (const { ctx, tab } of sides)
    for (const sort of shareListSorts) {
      const list = { region: here, tab, sort }
      const first = await listShares(ctx, shareListParams.parse(list))
      expect(first.range).toEqual({ from: 1, total: null })
      for (const after of ['', first.next]) {
        const read = await rowsRead(() => listShares(ctx, shareListParams.parse({ ...list, after })))
        expect(read.Share, `${tab} ${sort} ${after}`).toBeLessThan(1_500)
      }
    }
})

test('the count of new shares reads only new ones, also for a holder of a quarter of all', async () => {
  for (const { ctx } of [recipient, collector, owner]) {
    for (let time = 0; time < untilPlanned; time++) await countNewShares(ctx, { region: here })
    const read = await rowsRead(() => countNewShares(ctx, { region: here }))
    expect(read.Share ?? 0).toBeLessThan(200)
  }
  expect(await countNewShares(recipient.ctx, { region: here })).toEqual({ count: 36 })
})

test('the counts of the quota and the recycle bin use only an index, however many images there are', async () => {
  const counted = Prisma.sql`FROM "Image" x WHERE "ownerId" = ${collector.id} AND "regionId" = ${here}`
  const [kept] = resources.bytes.uses
  const amounts = Prisma.sql`count(*), sum(${Prisma.raw(kept.bytes ?? '')}) ${counted} AND ${Prisma.raw(kept.counts)}`
  for (const selected of [amounts, Prisma.sql`count(*) ${counted} AND state = 'deleted'`]) {
    const plan = await db().$queryRaw<{ 'QUERY PLAN': string }[]>`
      EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) SELECT ${selected}`
    const text = plan.map((line) => line['QUERY PLAN']).join('\n')
    expect(text).toContain('Image_ownerId_regionId_state_size_id_idx')
    expect(text).not.toMatch(/Seq Scan on "Image"/)
  }
})

test("an account's images are read once for both quotas, number and bytes, and only from an index", async () => {
  const ask = () => listQuotas(collector.ctx.viewer.ownerId)
  expect(await ask()).toContainEqual(expect.objectContaining({ images: { used: others / 4, quota: 50 } }))
  const read = await rowsRead(ask)
  expect(read.Image).toBeGreaterThanOrEqual(others / 10)
  expect(read.Image).toBeLessThan((others / 10) * 1.5)
})

test("quotas, the content of regions and an image's details read no other account's rows", async () => {
  await expectFew(() => listQuotas(owner.ctx.viewer.ownerId))
  await expectFew(() => listRegionContents(owner.ctx))
  await expectFew(() => getImage(owner.ctx, { region: here, imageId: ids[1] ?? '' }))
  await expectFew(() => getImage(recipient.ctx, { region: here, imageId: ids[1] ?? '' }))
})

test.each<Record<string, string>>([
  {},
  { q: 'machine-7' },
  { q: 'no such name' },
  { state: 'running' },
  { state: 'terminated' },
])('the list of instances reads nobody else’s rows, and few of one’s own however many there are: %j', async (asked) => {
  for (const sort of instanceSorts) {
    const list = instanceListParams.parse({ region: here, ...asked, sort })
    await expectFew(() => listInstances(owner.ctx, list))
  }
})

test("an instance's details and history, and the images to create one from, read no other account's rows", async () => {
  const [machine] = await db().instance.findMany({ where: { ownerId: owner.id }, take: 1 })
  const asked = { region: here, instanceId: machine?.id ?? '' }
  await expectFew(() => getInstance(owner.ctx, asked))
  await expectFew(() => listInstanceEvents(owner.ctx, asked))
  await expectFew(() => listInstanceImages(owner.ctx, { region: here, q: 'disk-7' }))
  await expectFew(() => listInstanceImages(recipient.ctx, { region: here, q: '' }))
  await expectFew(() => findAskedImage(recipient.ctx, { region: here, imageId: ids[1] ?? '' }))
})

test("the verification of an own trail reads no other account's events", async () => {
  for (const { ctx } of [owner, recipient]) {
    expect(await verifyOwnChain(ctx)).toMatchObject({ status: 'verified', chain: { fault: null } })
    await expectFew(() => verifyOwnChain(ctx))
  }
})
