import 'server-only'
import { findMaster, listQuotas } from '@/lib/accounts/reads'
import { foldUsername } from '@/lib/accounts/rules'
import { setQuota } from '@/lib/accounts/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'

/** The words of `quota set`. */
export type QuotaWords = { username: string; region: string; images: number; forced: boolean }

/** `quota set` */
export async function changeQuota(words: QuotaWords): Promise<Result<Answer>> {
  const username = foldUsername(words.username)
  const changed = await setQuota(operatorContext(), { ...words, username })
  if (!changed.ok) return changed
  const { quota, used } = changed.value
  const said = answer({ username, region: words.region, quota, used }, [
    `${username} may have ${quota} images in ${words.region}; ${used} places are used.`,
  ])
  if (used > quota) said.notes.push('More is used than the quota: nothing is taken away, and no new place is given.')
  return ok(said)
}

type QuotaRow = { region: string; name: string; quota: number; used: number }

/** `quota show` */
export async function showQuotas(typed: string): Promise<Result<Answer>> {
  const master = await findMaster(foldUsername(typed))
  if (!master) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const quotas = await listQuotas(operatorContext(master).viewer.ownerId)
  const rows = quotas.map(({ regionId, regionName, quota, used }) => ({
    region: regionId,
    name: regionName,
    quota,
    used,
  }))
  const columns = [
    { header: 'Region', cell: (row: QuotaRow) => row.region },
    { header: 'Name', cell: (row: QuotaRow) => row.name },
    { header: 'Used', cell: (row: QuotaRow) => row.used, isRight: true as const },
    { header: 'Quota', cell: (row: QuotaRow) => row.quota, isRight: true as const },
  ]
  return ok(list(rows, columns, 'There is no region yet.'))
}
