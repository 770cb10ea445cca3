import 'server-only'
import { db } from '@/lib/db/client'
import { StartError } from '@/lib/embedded/data-folder'
import { formatBytes } from '@/lib/format'
import { imageCan } from '@/lib/images/rules'
import { uploadPatienceMs } from '@/lib/imports/rules'
import { hostMachines } from '@/lib/machines/machines'
import { listRegions } from '@/lib/regions/reads'
import { ok, type Result } from '@/lib/result'
import type { StoredObject } from '@/lib/stores/contract'
import { discardStaged, listStaged, type StagedFile } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import { type Answer, answer } from './output'
import { findOrphans } from './verify-stores'

/** Younger bytes may belong to an import that has not written its row yet. */
const orphanAgeMs = 24 * 60 * 60 * 1000

type Removed = { region: string | null; key: string; size: number }

/**
 * `gc`: removes bytes that nothing has referenced for a day. A store unknown to this database is skipped unless
 * forced.
 */
export async function collectGarbage({ forced, now }: { forced: boolean; now: Date }): Promise<Result<Answer>> {
  const before = now.getTime() - orphanAgeMs
  const removed: Removed[] = []
  for (const { id: region } of await listRegions()) {
    const old = (await findOrphans(region)).filter((object) => object.modifiedAt.getTime() < before)
    if (old.length > 0 && !forced) await requireOwnStore(region, old)
    for (const object of old) {
      const { key, size } = object
      // Remove only this part: another writer of the same key may be active.
      if (object.isPartial) await storeOf(region).deleteUnfinished(key, object.part)
      else await storeOf(region).delete(key)
      removed.push({ region, key, size })
    }
  }
  removed.push(...(await removeLeftUploads(before)), ...(await removeLeftMachines(before, forced)))
  const bytes = removed.reduce((sum, { size }) => sum + size, 0)
  const lines = removed.map(({ region, key, size }) => `${region ?? 'staging'} ${key} ${formatBytes(size, 'en')}`)
  return ok(answer(removed, [...lines, `Removed ${removed.length}, ${formatBytes(bytes, 'en')}.`]))
}

/** Twice the pause that an upload may make, because the database, which knows the uploads, is not asked. */
const silentMs = 2 * uploadPatienceMs

/** `gc --staging`: for a disk so full that the database cannot start. Imports whose waiting files it removes will fail. */
export async function clearStaging(now: Date): Promise<Result<Answer>> {
  const staged = await listStaged()
  const isSilent = ({ modifiedAt }: StagedFile) => modifiedAt.getTime() < now.getTime() - silentMs
  const live = new Set(staged.filter((file) => !isSilent(file)).map(({ imageId }) => imageId))
  const old = staged.filter(({ imageId }) => !live.has(imageId))
  for (const { imageId } of old) await discardStaged(imageId)
  const bytes = old.reduce((sum, { size }) => sum + size, 0)
  const lines = old.map(({ imageId, size }) => `staging ${imageId} ${formatBytes(size, 'en')}`)
  return ok(answer(old, [...lines, `Removed ${old.length}, ${formatBytes(bytes, 'en')}.`]))
}

async function requireOwnStore(region: string, orphans: StoredObject[]): Promise<void> {
  if (await db().blob.findFirst({ where: { regionId: region, state: 'ready' }, select: { id: true } })) return
  throw new StartError(
    `The store of ${region} has ${orphans.length} objects and this database knows none of them. Is DATABASE_URL right? If it is, run gc --force.`,
  )
}

/**
 * Removes machines without an instance. If the database knows none of the machines here, they probably belong to another
 * console and are removed only if forced.
 */
async function removeLeftMachines(before: number, forced: boolean): Promise<Removed[]> {
  const machines = hostMachines()
  const here = await machines.list()
  const known = await db().instance.findMany({ where: { id: { in: here } }, select: { id: true } })
  const left = here.filter((id) => !known.some((instance) => instance.id === id))
  if (left.length > 0 && known.length === 0 && !forced) return []
  const removed: Removed[] = []
  for (const id of left) {
    if ((await machines.changedAt(id)).getTime() > before) continue
    await machines.destroy(id)
    removed.push({ region: 'machines', key: id, size: 0 })
  }
  return removed
}

async function removeLeftUploads(before: number): Promise<Removed[]> {
  const staged = await listStaged()
  const ids = [...new Set(staged.map((file) => file.imageId))]
  const importing = await db().image.findMany({
    where: { id: { in: ids }, state: { in: [...imageCan.cancelImport, ...imageCan.cancelCopy] } },
    select: { id: true },
  })
  const live = new Set(importing.map((image) => image.id))
  const old = staged.filter(({ imageId, modifiedAt }) => !live.has(imageId) && modifiedAt.getTime() < before)
  for (const { imageId } of old) await discardStaged(imageId)
  return old.map(({ imageId, size }) => ({ region: null, key: imageId, size }))
}
