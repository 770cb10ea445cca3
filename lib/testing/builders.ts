import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { LookUpParams } from '@/lib/accounts/schema'
import { attachPolicies } from '@/lib/accounts/writes-policies'
import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { newId } from '@/lib/ids'
import type { ImageStateName } from '@/lib/images/rules'
import { beginImport } from '@/lib/imports/writes'
import type { Grant } from '@/lib/permissions'
import type { Result } from '@/lib/result'
import { type ShareImageInput, shareImageInput } from '@/lib/shares/schema'
import { storeOf } from '@/lib/stores/store'
import { untilTrue } from '@/lib/testing/until'
import { claimPlace, settleTransfer } from '@/lib/transfers/writes'
import { checkedContent } from './builders-checks'

// Builders of database tests: they write rows instead of calling the operations under test. Each test makes its own
// region and accounts, so that tests do not see each other's data.

/** Noon in Asia/Shanghai. */
export const noon = new Date('2026-03-10T04:00:00.000Z')
/** The lease duration of test transfers: 23 days. */
const farAway = 2_000_000_000

export const minutes = (count: number) => count * 60_000
export const later = (ms: number) => new Date(noon.getTime() + ms)
export type TestAccount = {
  id: string
  username: string
  masterId: string | null
  ctx: Context
  at(now: Date): Context
}

export async function region(): Promise<string> {
  const id = `cn-${newId('acc').slice(4)}`
  await db().region.create({ data: { id, name: `Region ${id}`, createdAt: noon } })
  return id
}

export async function bucketRegion(server: { settings(): { endpoint?: string } }): Promise<string> {
  const id = await region()
  const name = `ECS_STORE_${id.toUpperCase().replaceAll('-', '_')}`
  process.env[name] = `s3://images/of/${id}?endpoint=${server.settings().endpoint}`
  process.env[`${name}_ACCESS_KEY_ID`] = 'S3RVER'
  process.env[`${name}_SECRET_ACCESS_KEY`] = 'S3RVER'
  return id
}

type AccountOptions = {
  master?: TestAccount
  displayName?: string
  passwordHash?: string
  disabledAt?: Date
  grants?: Grant[]
}

const administrator: Grant[] = [{ policy: 'Administrator', regions: null }]

export async function account(options: AccountOptions = {}): Promise<TestAccount> {
  const { master, displayName = 'Test Tenant', passwordHash = '-', disabledAt, grants = administrator } = options
  const login = `t${newId('acc').slice(4)}`
  const row = {
    id: newId('acc'),
    username: master ? `${login}@${master.username}` : login,
    kind: master ? ('SUB' as const) : ('MASTER' as const),
    displayName,
  }
  const masterId = master?.id ?? null
  await db().account.create({ data: { ...row, masterId, passwordHash, disabledAt, email: '', createdAt: noon } })
  if (master) await attachPolicies(row.id, grants)
  const viewer = mintViewer({ ...row, master: master ?? null, grants })
  const at = (now: Date): Context => ({ viewer, now, address: null })
  return { id: row.id, username: row.username, masterId, ctx: at(noon), at }
}

export async function accounts(count: number): Promise<TestAccount[]> {
  return await Promise.all(Array.from({ length: count }, () => account()))
}

export function nth<T>(list: T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw new Error(`There are ${list.length} and none has the number ${index}.`)
  return found
}

type ImageOptions = {
  name?: string
  state?: ImageStateName
  operatingSystem?: string
  virtualSize?: number
  createdAt?: Date
}

/** The row of an image, by default available. If its state has bytes: a checked, clean blob row, in no store. */
export async function image(owner: TestAccount, regionId: string, options: ImageOptions = {}): Promise<string> {
  const { name = 'web-01', state = 'available', operatingSystem = 'Debian 12', createdAt = noon, ...rest } = options
  const id = newId('img')
  const fixed = { id, ownerId: owner.id, regionId, source: 'IMPORT' as const, updatedAt: createdAt }
  const bytes = state === 'available' || state === 'deleted' ? await blob(regionId) : {}
  const deletedAt = state === 'deleted' ? createdAt : null
  const data = { ...fixed, ...bytes, ...inMotion(state), name, state, operatingSystem, createdAt, deletedAt, ...rest }
  await db().image.create({ data })
  return id
}

/** The transfer of an importing or copying image, without a holder; nothing for other states. */
export function inMotion(state: ImageStateName, patienceMs = farAway) {
  if (state === 'importing')
    return { transfer: { create: { kind: 'IMPORT' as const, step: 'RECEIVE' as const, patienceMs } } }
  if (state === 'copying')
    return { transfer: { create: { kind: 'COPY' as const, step: 'STORE' as const, patienceMs } } }
  return {}
}

/** Makes the leases of this database, of one image or of all, older, so that they end earlier. */
export async function leasesAge(ms: number, imageId?: string): Promise<void> {
  await db().$executeRaw`
    UPDATE "Transfer" SET "renewedAt" = "renewedAt" - ${ms} * interval '1 millisecond'
    WHERE "imageId" = coalesce(${imageId ?? null}::text, "imageId")`
}

async function blob(regionId: string) {
  const id = newId('blb')
  const content = { sha256: createHash('sha256').update(id).digest('hex'), size: 1024, format: 'qcow2' as const }
  const data = {
    id,
    regionId,
    ...content,
    virtualSize: 4096,
    state: 'ready' as const,
    createdAt: noon,
    updatedAt: noon,
  }
  await db().blob.create({ data })
  await checkedContent(content.sha256)
  return { blobId: id, ...content }
}

let disksMade = 0

/** A seed that no other disk uses. */
export function newSeed(): number {
  return ++disksMade
}

/** An image with bytes in the store of its region. The same seed gives the same bytes. */
export async function stored(owner: TestAccount, regionId: string, seed = newSeed()): Promise<string> {
  const disk = Buffer.alloc(200_000, `disk ${seed} `)
  const sha256 = createHash('sha256').update(disk).digest('hex')
  const content = { format: 'raw' as const, virtualSize: 512, size: disk.length, sha256 }
  const begun = await beginImport(owner.ctx, { region: regionId, name: 'web-01', operatingSystem: 'Debian 12' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const work = { imageId, holder: null }
  const place = await claimPlace(owner.ctx, work, content, { isNormalised: true })
  if (place.ok && !place.value.isThere)
    await storeOf(regionId).put(place.value.key, Readable.from([disk]), { size: disk.length })
  await settleTransfer(owner.ctx, work, content)
  await checkedContent(sha256)
  return imageId
}

/** An image with a disk file in the store of its region, as qcow2 and unchanged. Its check found nothing. */
export async function storedDisk(owner: TestAccount, regionId: string, file: string): Promise<string> {
  const { imageId, sha256 } = await storedQcow2(owner, regionId, file)
  await checkedContent(sha256)
  return imageId
}

/** The same, unchecked. */
export async function storedQcow2(owner: TestAccount, regionId: string, file: string) {
  const bytes = await readFile(file)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  // A qcow2 header contains the virtual size.
  const content = {
    format: 'qcow2' as const,
    virtualSize: Number(bytes.readBigUInt64BE(24)),
    size: bytes.length,
    sha256,
  }
  const begun = await beginImport(owner.ctx, { region: regionId, name: 'tiny', operatingSystem: 'Tiny Linux' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const work = { imageId, holder: null }
  const place = await claimPlace(owner.ctx, work, content, { isNormalised: true })
  if (place.ok && !place.value.isThere)
    await storeOf(regionId).put(place.value.key, Readable.from([bytes]), { size: bytes.length })
  await settleTransfer(owner.ctx, work, content)
  return { imageId, sha256 }
}

export async function keysIn(regionId: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key, isPartial } of storeOf(regionId).list()) keys.push(isPartial ? `${key} (unfinished)` : key)
  return keys.sort()
}

/** The row of a share, without using up the sharer's day. */
export async function held(imageId: string, recipient: TestAccount): Promise<string> {
  const { ownerId, regionId } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  const id = newId('shr')
  const data = { id, imageId, ownerId, regionId, recipientId: recipient.id, sharedById: ownerId, createdAt: noon }
  await db().share.create({ data })
  return id
}

/** Uses up some of a master account's daily shares, as if all of them had been cancelled. */
export async function usedToday(owner: TestAccount, used: number, day = '2026-03-10'): Promise<void> {
  const who = { actorId: owner.id, actorName: owner.username, ownerId: owner.id, ownerName: owner.username }
  const at = new Date(`${day}T00:00:00+08:00`)
  const shareIds = Array.from({ length: used }, () => newId('shr'))
  const events = (action: string) => shareIds.map((shareId) => ({ ...who, action, at, shareId }))
  await db().shareDay.create({ data: { accountId: owner.id, day: new Date(day), used } })
  await db().event.createMany({ data: [...events('share.create'), ...events('share.cancel')] })
}

export async function quota(owner: TestAccount, regionId: string, images: number, bytes?: number): Promise<void> {
  const amounts = { images, ...(bytes === undefined ? {} : { bytes }) }
  for (const [resource, amount] of Object.entries(amounts)) {
    const key = { accountId: owner.id, regionId, resource }
    const where = { accountId_regionId_resource: key }
    await db().quota.upsert({ where, create: { ...key, amount }, update: { amount } })
  }
}

export function asked(regionId: string, imageId: string, ...recipients: (TestAccount | string)[]): ShareImageInput {
  const usernames = recipients.map((one) => (typeof one === 'string' ? one : one.username))
  return shareImageInput.parse({ region: regionId, imageId, usernames })
}

export const named = (one: TestAccount | string): LookUpParams => ({
  username: typeof one === 'string' ? one : one.username,
})

/** Counts the results of many attempts by refusal. A fault is thrown and fails the test. */
export function tally(results: Result<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const result of results) {
    const answer = result.ok ? 'ok' : result.refusal.code
    counts[answer] = (counts[answer] ?? 0) + 1
  }
  return counts
}

/** Starts many operations at once, after opening as many connections, so that they really race. */
export async function race<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const warm = Array.from({ length: count }, () => db().$queryRaw`SELECT pg_sleep(0.05)::text`)
  await Promise.all(warm)
  return await Promise.all(Array.from({ length: count }, (_, index) => run(index)))
}

/** A master account's shares of a day, by the counter and by events. */
export async function sharesToday(owner: TestAccount, day = '2026-03-10') {
  const [counter, events] = await Promise.all([
    db().shareDay.findUnique({ where: { accountId_day: { accountId: owner.id, day: new Date(day) } } }),
    db().event.count({ where: { ownerId: owner.id, action: 'share.create' } }),
  ])
  return { used: counter?.used ?? 0, events }
}

/** Runs `work` while another transaction holds locks on accounts, images and shares; that transaction then runs `meanwhile` and commits. */
export async function whileLocked<T>(
  ids: string[],
  work: () => Promise<T>,
  meanwhile: (tx: Parameters<Parameters<typeof inTransaction>[0]>[0]) => Promise<unknown>,
): Promise<T> {
  let running: Promise<T> | undefined
  await inTransaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM "Account" WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`
    await tx.$queryRaw`SELECT id FROM "Image" WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`
    await tx.$queryRaw`SELECT id FROM "Share" WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`
    running = work()
    running.catch(() => {})
    await somebodyWaits()
    await meanwhile(tx)
    return { ok: true, value: null }
  })
  if (!running) throw new Error('The work was not begun.')
  return await running
}

export async function lockWaits(): Promise<number> {
  const waiting = await db().$queryRaw<{ count: number }[]>`
    SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  return nth(waiting, 0).count
}

export async function somebodyWaits(): Promise<void> {
  await untilTrue(async () => (await lockWaits()) > 0)
}
