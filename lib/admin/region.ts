import 'server-only'
import { listRegions, type Region } from '@/lib/regions/reads'
import { newRegionInput } from '@/lib/regions/schema'
import { createRegion } from '@/lib/regions/writes'
import { ok, type Result } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'
import { parseInput } from './refusals'

/** `region add` */
export async function addRegion(id: string, name: string): Promise<Result<Answer>> {
  const input = parseInput(newRegionInput, { id, name })
  if (!input.ok) return input
  const created = await createRegion(operatorContext(), input.value)
  if (!created.ok) return created
  return ok(answer(created.value, [`Added region ${created.value.id}, ${created.value.name}.`]))
}

/** `region list` */
export async function showRegions(): Promise<Result<Answer>> {
  const columns = [
    { header: 'Region', cell: (region: Region) => region.id },
    { header: 'Name', cell: (region: Region) => region.name },
  ]
  return ok(list(await listRegions(), columns, 'There is no region yet.'))
}
