import 'server-only'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { db } from '@/lib/db/client'
import { isCode } from '@/lib/db/data-folder'
import type { ImageStateName } from '@/lib/images/rules'
import { listRegions } from '@/lib/regions/reads'
import { storeOf } from '@/lib/stores/store'
import { type Finding, type IdRange, idRanges, type VerifyOptions, violation } from './finding'

const atOnce = 500
/** A console that is at work writes the row and removes the bytes a moment later, so what looks wrong is looked at again. */
const secondLookMs = 1_000

/** Checks every available image's file against its row, and every file in the stores for a row that accounts for it. */
export async function* verifyStores(options: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Image', atOnce, options.signal)) {
    for (const image of await availableImages(range)) {
      options.signal?.throwIfAborted()
      const finding = await checkFile(image, options)
      if (finding) yield finding
    }
  }
  for (const region of await listRegions()) yield* await checkStore(region.id)
}

type StoredImage = { id: string; regionId: string; size: bigint; sha256: string | null }

async function availableImages({ after, upTo }: IdRange): Promise<StoredImage[]> {
  return await db().image.findMany({
    where: { id: { gt: after, lte: upTo }, state: 'available' },
    select: { id: true, regionId: true, size: true, sha256: true },
    orderBy: { id: 'asc' },
  })
}

async function checkFile(image: StoredImage, options: VerifyOptions): Promise<Finding | null> {
  const finding = await findWrong(image, options)
  if (!finding) return null
  // Deleted meanwhile: the row changes before the bytes go.
  const isStill = await db().image.count({ where: { id: image.id, state: 'available', sha256: image.sha256 } })
  return isStill === 1 ? finding : null
}

async function findWrong(image: StoredImage, { content, signal }: VerifyOptions): Promise<Finding | null> {
  const { id, regionId, sha256 } = image
  if (sha256 === null) return violation('checksum', id, 'The image is available and its row has no checksum.')
  try {
    const size = await storeOf(regionId).size(id)
    if (size === null) return violation('missing-file', id, `The store of ${regionId} has no file of the image.`)
    if (BigInt(size) !== image.size) {
      return violation('file-size', id, `The file has ${size} bytes, and ${image.size} were imported.`)
    }
    if (!content || (await sha256Of(regionId, id, signal)) === sha256) return null
    return violation('checksum', id, `The content of the file in ${regionId} is not what was imported.`)
  } catch (error) {
    signal?.throwIfAborted()
    if (isCode(error, 'ENOENT'))
      return violation('missing-file', id, `The store of ${regionId} has no file of the image.`)
    const reason = error instanceof Error ? error.message : String(error)
    return violation('unreadable-file', id, `The file in ${regionId} cannot be read: ${reason}.`)
  }
}

async function sha256Of(regionId: string, id: string, signal: AbortSignal | null): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of await storeOf(regionId).read(id)) {
    signal?.throwIfAborted()
    hash.update(chunk)
  }
  return hash.digest('hex')
}

type Entry = { key: string; isStaged: boolean }

async function checkStore(regionId: string): Promise<Finding[]> {
  const suspects = await unaccounted(regionId, await storeOf(regionId).list())
  if (suspects.length === 0) return []
  await sleep(secondLookMs)
  const before = new Set(suspects.map(({ entry }) => nameOf(entry)))
  const now = (await storeOf(regionId).list()).filter((entry) => before.has(nameOf(entry)))
  return (await unaccounted(regionId, now)).map(({ finding }) => finding)
}

function nameOf({ key, isStaged }: Entry): string {
  return isStaged ? `${key} (staged)` : key
}

async function unaccounted(regionId: string, entries: Entry[]): Promise<{ entry: Entry; finding: Finding }[]> {
  const found: { entry: Entry; finding: Finding }[] = []
  for (let at = 0; at < entries.length; at += atOnce) {
    const part = entries.slice(at, at + atOnce)
    const rows = await db().image.findMany({
      where: { id: { in: part.map((entry) => entry.key) }, regionId },
      select: { id: true, state: true },
    })
    const states = new Map(rows.map((row) => [row.id, row.state]))
    for (const entry of part) {
      const finding = judge(regionId, entry, states.get(entry.key))
      if (finding) found.push({ entry, finding })
    }
  }
  return found
}

function judge(regionId: string, entry: Entry, state: ImageStateName | undefined): Finding | null {
  const file = `The store of ${regionId} has ${entry.isStaged ? 'staged bytes' : 'a file'}`
  if (state === undefined) return violation('orphan', entry.key, `${file} of no image of this region.`)
  if (state === 'failed') return violation('failed-bytes', entry.key, `${file} of an image that has failed.`)
  if (state === 'available' && entry.isStaged) {
    return violation('orphan', entry.key, `${file} beside the file of an image that is available.`)
  }
  return null
}
