import 'server-only'
import { db } from '@/lib/db/client'

export type Region = { id: string; name: string }

/** All regions, by id. They are the same for every account. */
export async function listRegions(): Promise<Region[]> {
  return await db().region.findMany({ select: { id: true, name: true }, orderBy: { id: 'asc' } })
}
