import 'server-only'
import { findMaster } from '@/lib/accounts/reads'
import { foldUsername } from '@/lib/accounts/rules'
import { formatBytes } from '@/lib/format'
import { listQuotas } from '@/lib/quotas/reads'
import { type Resource, resourceNames, resources } from '@/lib/quotas/rules'
import type { QuotaMeters, RegionQuota } from '@/lib/quotas/schema'
import { type QuotaChange, setQuotas } from '@/lib/quotas/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'

export async function changeQuotas(words: QuotaChange): Promise<Result<Answer>> {
  const username = foldUsername(words.username)
  const changed = await setQuotas(operatorContext(), { ...words, username })
  if (!changed.ok) return changed
  const meters = changed.value
  const said = answer({ username, region: words.region, ...toJson(meters) }, [
    `${username} may have in ${words.region}:`,
    ...resourceNames.map((name) => `  ${text(name, meters[name].quota)}; ${amount(name, meters[name].used)} used`),
  ])
  if (resourceNames.some((name) => meters[name].used > meters[name].quota))
    said.notes.push('More is used than the quota: nothing is removed, and nothing new can be added.')
  return ok(said)
}

export async function showQuotas(typed: string): Promise<Result<Answer>> {
  const master = await findMaster(foldUsername(typed))
  if (!master) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const quotas = await listQuotas(operatorContext(master).viewer.ownerId)
  const meters = resourceNames.flatMap((name) => {
    const column = (fact: 'used' | 'quota') => ({
      header: `${name} ${fact}`,
      cell: (row: RegionQuota) => amount(name, row[name][fact]),
      isRight: true as const,
    })
    return [column('used'), column('quota')]
  })
  const columns = [
    { header: 'Region', cell: (row: RegionQuota) => row.regionId },
    { header: 'Name', cell: (row: RegionQuota) => row.regionName },
    ...meters,
  ]
  const json = quotas.map((row) => ({ region: row.regionId, name: row.regionName, ...toJson(row) }))
  return ok({ ...list(quotas, columns, 'There is no region yet.'), json })
}

/** The quota of images has the unprefixed keys: it was once the only quota, and programs rely on them. */
function toJson(meters: QuotaMeters): Record<string, number> {
  const facts = resourceNames.flatMap((name) => {
    const { used, quota } = meters[name]
    return name === 'images'
      ? Object.entries({ used, quota })
      : Object.entries({ [`${name}Used`]: used, [`${name}Quota`]: quota })
  })
  return Object.fromEntries(facts)
}

function amount(name: Resource, value: number): string {
  return resources[name].unit === 'bytes' ? formatBytes(value, 'en') : String(value)
}

function text(name: Resource, value: number): string {
  return resources[name].unit === 'bytes' ? amount(name, value) : `${value} ${name}`
}
