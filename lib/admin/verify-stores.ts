import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { listRegions } from '@/lib/regions/reads'
import { sha256Of } from '@/lib/stores/checksum'
import { NotStored, StoreUnreachable } from '@/lib/stores/errors'
import { type StoredObject, storeOf } from '@/lib/stores/store'
import { type Finding, type IdRange, idRanges, type VerifyOptions, violation } from './finding'

const atOnce = 500
/** A console that is at work writes the row and removes the bytes a moment later, so what looks wrong is looked at again. */
const secondLookMs = 1_000

/** Checks the bytes of every blob against its row, and every object in the stores for a row that accounts for it. */
export async function* verifyStores(options: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Blob', atOnce, options.signal)) {
    for (const blob of await readyBlobs(range)) {
      options.signal?.throwIfAborted()
      const finding = await checkBytes(blob, options)
      if (finding) yield finding
    }
  }
  for (const region of await listRegions()) yield* await checkStore(region.id)
}

type ReadyBlob = { id: string; regionId: string; size: bigint; sha256: string; images: { id: string }[] }

async function readyBlobs({ after, upTo }: IdRange): Promise<ReadyBlob[]> {
  return await db().blob.findMany({
    where: { id: { gt: after, lte: upTo }, state: 'ready' },
    select: {
      id: true,
      regionId: true,
      size: true,
      sha256: true,
      images: { select: { id: true }, orderBy: { id: 'asc' }, take: 3 },
    },
    orderBy: { id: 'asc' },
  })
}

async function checkBytes(blob: ReadyBlob, options: VerifyOptions): Promise<Finding | null> {
  const finding = await findWrong(blob, options)
  if (!finding) return null
  // Removed meanwhile: the row changes before the bytes go.
  return (await db().blob.count({ where: { id: blob.id, state: 'ready' } })) === 1 ? finding : null
}

async function findWrong(blob: ReadyBlob, { content, signal }: VerifyOptions): Promise<Finding | null> {
  const { id, regionId, sha256 } = blob
  const whose = blob.images.length > 0 ? ` It is the disk of ${blob.images.map((image) => image.id).join(', ')}.` : ''
  const key = blobKey(blob)
  try {
    const found = await storeOf(regionId).stat(key)
    if (!found) return violation('missing-file', id, `The store of ${regionId} has no ${key}.${whose}`)
    if (BigInt(found.size) !== blob.size)
      return violation('file-size', id, `${key} has ${found.size} bytes instead of ${blob.size}.${whose}`)
    if (!content || (await sha256Of(await storeOf(regionId).read(key), { signal })) === sha256) return null
    return violation('checksum', id, `The content of ${key} in ${regionId} is not what was imported.${whose}`)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof NotStored)
      return violation('missing-file', id, `The store of ${regionId} has no ${key}.${whose}`)
    return violation('unreadable-file', id, `${key} in ${regionId} cannot be read: ${reasonOf(error)}.${whose}`)
  }
}

async function checkStore(regionId: string): Promise<Finding[]> {
  try {
    const suspects = await findOrphans(regionId)
    if (suspects.length === 0) return []
    await sleep(secondLookMs)
    const before = new Set(suspects.map(nameOf))
    const still = (await findOrphans(regionId)).filter((object) => before.has(nameOf(object)))
    return still.map(({ key, isPartial }) => {
      const what = isPartial ? 'unfinished bytes' : 'bytes'
      return violation('orphan', key, `The store of ${regionId} has ${what} that nothing refers to; gc removes them.`)
    })
  } catch (error) {
    if (!(error instanceof StoreUnreachable)) throw error
    return [violation('store', regionId, `The store of ${regionId} cannot be reached: ${reasonOf(error)}.`)]
  }
}

function nameOf({ key, isPartial }: StoredObject): string {
  return isPartial ? `${key} (unfinished)` : key
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

/** What a store has that no blob accounts for, whole or unfinished. Of any region, as two may share a folder or bucket. */
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
  const blobs = await db().blob.findMany({ where: { id: { in: ids } }, select: { id: true, sha256: true } })
  const known = new Set(blobs.map(blobKey))
  return objects.filter(({ key }) => !known.has(key))
}
