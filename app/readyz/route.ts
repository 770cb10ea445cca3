import { findCurrencyConflict } from '@/lib/billing/reads'
import { clockSkewSeconds } from '@/lib/clock-skew'
import { nearlyFull } from '@/lib/nearly-full'
import { build } from '@/lib/page-identity'
import { readiness } from '@/lib/readiness'
import { commit, version } from '@/lib/version'

export const dynamic = 'force-dynamic'

/**
 * Whether this process can work; for load balancers. A wrong clock, nearly full disks and a currency other than the ledger's
 * are reported but do not make it unready.
 */
export async function GET(): Promise<Response> {
  const parts = await readiness()
  const notReady = Object.entries(parts).flatMap(([part, isReady]) => (isReady ? [] : [part]))
  const skew = parts.database ? await clockSkewSeconds().catch(() => null) : null
  const ledgerCurrency = parts.database ? await findCurrencyConflict().catch(() => null) : null
  const full = await nearlyFull().catch(() => [])
  const status = notReady.length === 0 ? 200 : 503
  const warnings = {
    ...(skew === null ? {} : { clockSkewSeconds: skew }),
    ...(ledgerCurrency === null ? {} : { ledgerCurrency }),
    ...(full.length > 0 ? { nearlyFull: full } : {}),
  }
  const said = { ready: notReady.length === 0, notReady, ...warnings, version, commit: commit(), build }
  return Response.json(said, { status, headers: { 'Cache-Control': 'no-store' } })
}
