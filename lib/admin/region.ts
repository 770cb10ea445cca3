import 'server-only'
import { listRegions } from '@/lib/regions/reads'
import { newRegionInput, type Region, renameRegionInput } from '@/lib/regions/schema'
import { createRegion, renameRegion } from '@/lib/regions/writes'
import { ok, type Result } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'
import { parseInput } from './refusals'

type RegionNames = { name?: string; nameZh?: string }

export async function addRegion(id: string, name: string, nameZh?: string): Promise<Result<Answer>> {
  const input = parseInput(newRegionInput, { id, name, nameZh })
  if (!input.ok) return input
  const created = await createRegion(operatorContext(), input.value)
  if (!created.ok) return created
  return ok(answer(shown(created.value), [`Added region ${created.value.id}, ${namesOf(created.value)}.`]))
}

export async function changeRegionNames(id: string, names: RegionNames): Promise<Result<Answer>> {
  const input = parseInput(renameRegionInput, { id, ...names })
  if (!input.ok) return input
  const renamed = await renameRegion(operatorContext(), input.value)
  if (!renamed.ok) return renamed
  return ok(answer(shown(renamed.value), [`Region ${renamed.value.id} is called ${namesOf(renamed.value)}.`]))
}

export async function showRegions(): Promise<Result<Answer>> {
  const columns = [
    { header: 'Region', cell: (region: RegionRow) => region.id },
    { header: 'Name', cell: (region: RegionRow) => region.name },
    { header: 'Chinese name', cell: (region: RegionRow) => region.nameZh ?? '–' },
  ]
  return ok(list((await listRegions()).map(shown), columns, 'There is no region yet.'))
}

type RegionRow = { id: string; name: string; nameZh?: string }

function shown({ id, name, nameZh }: Region): RegionRow {
  return nameZh === null ? { id, name } : { id, name, nameZh }
}

function namesOf({ name, nameZh }: Region): string {
  return nameZh === null ? name : `${name}, in Chinese ${nameZh}`
}
