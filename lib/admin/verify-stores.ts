import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import { selectHolders } from '@/lib/blobs/reads'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { listRegions } from '@/lib/regions/reads'
import { sha256Of } from '@/lib/stores/checksum'
import type { StoredObject } from '@/lib/stores/contract'
import { NotStored, StoreUnreachable } from '@/lib/stores/errors'
import { storeOf } from '@/lib/stores/store'
import { type Finding, type IdRange, idRanges, unchecked, type VerifyOptions, violation } from './finding'

const atOnce = 500
/** A running console changes the row and removes the bytes a moment later, so a finding is checked again after this. */
const secondLookMs = 1_000

/** A store is skipped after this many failures in a row, because each may take minutes. */
const failuresMax = 3

/**
 * Checks the bytes of every blob, and that every object belongs to a row. Bytes that cannot be reached are reported as not
 * checked.
 */
export async function* verifyStores(options: VerifyOptions): AsyncGenerator<Finding> {
  const stores = new Map<string, Outage>()
  for await (const range of idRanges('Blob', atOnce, options.signal)) {
    for (const blob of await readyBlobs(range)) {
      options.signal?.throwIfAborted()
      const outage = stores.get(blob.regionId) ?? { inARow: 0, skipped: 0 }
      stores.set(blob.regionId, outage)
      const finding = outage.inARow < failuresMax ? await checkBytes(blob, options) : null
      if (outage.inARow === failuresMax) outage.skipped += 1
      else outage.inARow = finding?.severity === 'unchecked' ? outage.inARow + 1 : 0
      if (finding) yield finding
    }
  }
  for (const region of await listRegions()) yield* await checkStore(region.id, stores.get(region.id)?.skipped ?? 0)
}

type Outage = { inARow: number; skipped: number }

type ReadyBlob = { id: string; regionId: string; size: bigint; sha256: string }

async function readyBlobs({ after, upTo }: IdRange): Promise<ReadyBlob[]> {
  return await db().blob.findMany({
    where: { id: { gt: after, lte: upTo }, state: 'ready' },
    select: {
      id: true,
      regionId: true,
      size: true,
      sha256: true,
    },
    orderBy: { id: 'asc' },
  })
}

async function checkBytes(blob: ReadyBlob, options: VerifyOptions): Promise<Finding | null> {
  const finding = await findWrong(blob, options)
  if (!finding) return null
  // Removed in the meantime: the row changes before the bytes are removed.
  if ((await db().blob.count({ where: { id: blob.id, state: 'ready' } })) === 0) return null
  return { ...finding, message: `${finding.message}${await whose(blob.id)}` }
}

async function whose(blobId: string): Promise<string> {
  const holders = await db().$queryRaw<{ id: string }[]>`
    SELECT id FROM (${selectHolders(Prisma.sql`${blobId}`)}) held ORDER BY id LIMIT 3`
  return holders.length > 0 ? ` It is the disk of ${holders.map(({ id }) => id).join(', ')}.` : ''
}

async function findWrong(blob: ReadyBlob, { content, signal }: VerifyOptions): Promise<Finding | null> {
  const { id, regionId, sha256 } = blob
  const key = blobKey(blob)
  try {
    const found = await storeOf(regionId).stat(key)
    if (!found) return violation('missing-file', id, `The store of ${regionId} has no ${key}.`)
    if (BigInt(found.size) !== blob.size)
      return violation('file-size', id, `${key} has ${found.size} bytes instead of ${blob.size}.`)
    if (!content || (await sha256Of(await storeOf(regionId).read(key), { signal })) === sha256) return null
    return violation('checksum', id, `The content of ${key} in ${regionId} differs from its checksum.`)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof NotStored) return violation('missing-file', id, `The store of ${regionId} has no ${key}.`)
    const message = `${key} in ${regionId} cannot be read. ${reasonOf(error)}`
    return error instanceof StoreUnreachable
      ? unchecked('unreachable', id, message)
      : violation('unreadable-file', id, message)
  }
}

async function checkStore(regionId: string, skipped: number): Promise<Finding[]> {
  const rest = skipped > 0 ? ` ${skipped} more contents were not asked for.` : ''
  try {
    const suspects = await findOrphans(regionId)
    const before = new Set(suspects.map(nameOf))
    if (suspects.length > 0) await sleep(secondLookMs)
    const still = suspects.length > 0 ? await findOrphans(regionId) : []
    const orphans = still.filter((object) => before.has(nameOf(object))).map((object) => orphan(regionId, object))
    return skipped > 0 ? [...orphans, unchecked('store', regionId, `The store failed too often.${rest}`)] : orphans
  } catch (error) {
    if (!(error instanceof StoreUnreachable)) throw error
    return [unchecked('store', regionId, `The store of ${regionId} cannot be listed. ${error.message}${rest}`)]
  }
}

function orphan(regionId: string, { key, isPartial }: StoredObject): Finding {
  const what = isPartial ? 'an unfinished part that nobody writes' : 'bytes that nothing refers to'
  return violation('orphan', key, `The store of ${regionId} has ${what}; gc removes them once they are a day old.`)
}

function nameOf(object: StoredObject): string {
  return object.isPartial ? `${object.key} ${object.part}` : object.key
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Objects that belong to no blob of any region, because two regions may share a bucket. Parts of running work are not orphans. */
export async function findOrphans(regionId: string): Promise<StoredObject[]> {
  const orphans: StoredObject[] = []
  let part: StoredObject[] = []
  for await (const object of storeOf(regionId).list()) {
    part.push(object)
    if (part.length < atOnce) continue
    orphans.push(...(await unaccounted(part)))
    part = []
  }
  return [...orphans, ...(await unaccounted(part))]
}

async function unaccounted(objects: StoredObject[]): Promise<StoredObject[]> {
  if (objects.length === 0) return []
  const ids = objects.map(({ key }) => key.split('.')[1] ?? '')
  const blobs = await db().$queryRaw<{ id: string; sha256: string; isWritten: boolean }[]>`
    SELECT b.id, b.sha256, b.state = 'removing' OR EXISTS (
      SELECT 1 FROM (${selectHolders(Prisma.sql`b.id`)}) held WHERE kind = 'transfer') AS "isWritten"
    FROM "Blob" b WHERE b.id = ANY(${ids})`
  const known = new Map(blobs.map((blob) => [blobKey(blob), blob]))
  // Running and repairing transfers have parts; removing a blob removes its parts too.
  return objects.filter(({ key, isPartial }) => !(isPartial ? known.get(key)?.isWritten : known.has(key)))
}
