import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { isUniqueViolation } from '@/lib/db/errors'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok, type Result, refuse } from '@/lib/result'
import type { Region } from './reads'
import { isRegionId, regionNameMax } from './rules'

/** Adds a region, as the operator. Regions are never removed; a reserved or malformed id is refused. */
export async function createRegion(ctx: Context, region: Region): Promise<Result<Region>> {
  if (!isRegionId(region.id)) return refuse({ code: 'INVALID_INPUT', field: 'id', problem: 'format' })
  const name = region.name.normalize('NFC').trim()
  if (!name) return refuse({ code: 'INVALID_INPUT', field: 'name', problem: 'required' })
  if (name.length > regionNameMax) return refuse({ code: 'INVALID_INPUT', field: 'name', problem: 'too-long' })
  try {
    return await inTransaction(async (tx) => {
      await tx.region.create({ data: { id: region.id, name, createdAt: ctx.now } })
      await recordEvents(tx, ctx, [{ action: 'region.create', regionId: region.id, details: { name } }])
      return ok({ id: region.id, name })
    })
  } catch (error) {
    if (isUniqueViolation(error)) return refuse({ code: 'REGION_EXISTS' })
    throw error
  }
}
