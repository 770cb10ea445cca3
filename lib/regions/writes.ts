import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { isUniqueViolation } from '@/lib/db/errors'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { isRegionId, regionNameMax } from './rules'
import type { NewRegionInput, Region, RenameRegionInput } from './schema'

/** Adds a region, as the operator. Regions are never removed; a reserved or malformed id is refused. */
export async function createRegion(
  ctx: Context,
  input: NewRegionInput,
): Promise<Result<Region, RefusalOf<'INVALID_INPUT' | 'REGION_EXISTS' | 'BUSY'>>> {
  if (!isRegionId(input.id)) return refuse({ code: 'INVALID_INPUT', field: 'id', problem: 'format' })
  const name = input.name.normalize('NFC').trim()
  const nameZh = input.nameZh?.normalize('NFC').trim() || null
  if (!name) return refuse({ code: 'INVALID_INPUT', field: 'name', problem: 'required' })
  if (name.length > regionNameMax) return refuse({ code: 'INVALID_INPUT', field: 'name', problem: 'too-long' })
  try {
    return await inTransaction(async (tx) => {
      const region = { id: input.id, name, nameZh }
      await tx.region.create({ data: { ...region, createdAt: ctx.now } })
      await recordEvents(tx, ctx, [{ action: 'region.create', regionId: region.id, details: { name, nameZh } }])
      return ok(region)
    })
  } catch (error) {
    if (isUniqueViolation(error)) return refuse({ code: 'REGION_EXISTS' })
    throw error
  }
}

/** Changes a region's name, its Chinese name, or both, as the operator. Refuses REGION_NOT_FOUND. */
export async function renameRegion(
  ctx: Context,
  { id, ...names }: RenameRegionInput,
): Promise<Result<Region, RefusalOf<'REGION_NOT_FOUND' | 'BUSY'>>> {
  return await inTransaction(async (tx) => {
    const data = { name: names.name, nameZh: names.nameZh === '' ? null : names.nameZh }
    const [region] = await tx.region.updateManyAndReturn({
      where: { id },
      data,
      select: { id: true, name: true, nameZh: true },
    })
    if (!region) return refuse({ code: 'REGION_NOT_FOUND' })
    const { name, nameZh } = region
    await recordEvents(tx, ctx, [{ action: 'region.rename', regionId: id, details: { name, nameZh } }])
    return ok(region)
  })
}
