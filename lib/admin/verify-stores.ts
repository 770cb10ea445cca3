import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { listRegions } from '@/lib/regions/reads'
import { sha256Of } from '@/lib/stores/checksum'
import type { StoredObject } from '@/lib/stores/contract'
import { NotStored, StoreUnreachable } from '@/lib/stores/errors'
import { storeOf } from '@/lib/stores/store'
import { type Finding, type IdRange, idRanges, unchecked, type VerifyOptions, violation } from './finding'

const atOnce = 500
/** A console that is at work writes the row and removes the bytes a moment later, so what looks wrong is looked at again. */
const secondLookMs = 1_000

/** Failures in a row after which a store is asked for nothing more: each may take minutes to be told. */
const failuresMax = 3

/**
 * Checks the bytes of every blob against its row, and every object in the stores for a row that accounts for it. Bytes that
 * cannot be reached are not damaged: they are named as not checked.
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
    const message = `${key} in ${regionId} cannot be read. ${reasonOf(error)}${whose}`
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
    return skipped > 0 ? [...orphans, unchecked('store', regionId, `The store broke off too often.${rest}`)] : orphans
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

/**
 * What a store has that no blob accounts for. Of any region, as two may share a folder or bucket. An unfinished part is
 * accounted for by work in motion and not by its key: beside whole bytes lie the parts of writers that died.
 */
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
  const blobs = await db().blob.findMany({
    where: { id: { in: ids } },
    select: {
      id: true,
      sha256: true,
      state: true,
      images: { where: { state: { in: ['importing', 'copying'] } }, select: { id: true }, take: 1 },
    },
  })
  const known = new Map(blobs.map((blob) => [blobKey(blob), blob]))
  return objects.filter(({ key, isPartial }) => {
    const blob = known.get(key)
    // What is being removed goes with all of its parts.
    const isWritten = blob && (blob.images.length > 0 || blob.state === 'removing')
    return isPartial ? !isWritten : !blob
  })
}
