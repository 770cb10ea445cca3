import 'server-only'
import { findMaster } from '@/lib/accounts/reads'
import { foldUsername } from '@/lib/accounts/rules'
import { formatBytes } from '@/lib/format'
import { listQuotas } from '@/lib/quotas/reads'
import type { QuotaMeters } from '@/lib/quotas/schema'
import { setQuota } from '@/lib/quotas/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'

/** The words of `quota set`. */
export type QuotaWords = {
  username: string
  region: string
  images: number
  bytes?: number | undefined
  forced: boolean
}

/** `quota set` */
export async function changeQuota(words: QuotaWords): Promise<Result<Answer>> {
  const username = foldUsername(words.username)
  const changed = await setQuota(operatorContext(), { ...words, username })
  if (!changed.ok) return changed
  const { quota, used, bytesQuota, bytesUsed } = changed.value
  const size = (bytes: number) => formatBytes(bytes, 'en')
  const said = answer({ username, region: words.region, ...changed.value }, [
    `${username} may have ${quota} images in ${words.region}; ${used} places are used.`,
    `They may take ${size(bytesQuota)}; ${size(bytesUsed)} are used.`,
  ])
  if (used > quota || bytesUsed > bytesQuota)
    said.notes.push('More is used than the quota: nothing is taken away, and no new place is given.')
  return ok(said)
}

type QuotaRow = QuotaMeters & { region: string; name: string }

/** `quota show` */
export async function showQuotas(typed: string): Promise<Result<Answer>> {
  const master = await findMaster(foldUsername(typed))
  if (!master) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const quotas = await listQuotas(operatorContext(master).viewer.ownerId)
  const rows = quotas.map(({ regionId, regionName, ...meters }) => ({ region: regionId, name: regionName, ...meters }))
  const size = (bytes: number) => formatBytes(bytes, 'en')
  const columns = [
    { header: 'Region', cell: (row: QuotaRow) => row.region },
    { header: 'Name', cell: (row: QuotaRow) => row.name },
    { header: 'Used', cell: (row: QuotaRow) => row.used, isRight: true as const },
    { header: 'Quota', cell: (row: QuotaRow) => row.quota, isRight: true as const },
    { header: 'Bytes used', cell: (row: QuotaRow) => size(row.bytesUsed), isRight: true as const },
    { header: 'Bytes quota', cell: (row: QuotaRow) => size(row.bytesQuota), isRight: true as const },
  ]
  return ok(list(rows, columns, 'There is no region yet.'))
}
