import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { leaseMs, leaseRenewMs } from '@/lib/transfers/rules'
import { beginStep, type NextStep, type Progress, renewTransfer, type Work } from '@/lib/transfers/writes'

/** The work has failed, was cancelled or has another holder, so its worker must stop. */
export class LeaseLost extends Error {}

const tellMs = 1_000

export type KeptLease<P> = {
  signal: AbortSignal
  tell: (progress: P) => void
  confirm: (progress?: P) => Promise<void>
  release: () => void
}

export type Lease = KeptLease<Progress> & {
  work: Work
  begin: (ctx: Context, next: NextStep) => ReturnType<typeof beginStep>
}

export function holdLease(work: Work): Lease {
  return {
    work,
    begin: async (ctx, next) => await beginStep(ctx, work, next),
    ...keepLease<Progress>(async (progress) => await renewTransfer(work, progress)),
  }
}

/** Renews a lease while `renewed` confirms it. Measures only elapsed time, so a wrong clock does not matter. */
export function keepLease<P>(renewed: (progress?: P) => Promise<boolean>): KeptLease<P> {
  const lost = new AbortController()
  let toldAt = Number.NEGATIVE_INFINITY
  let renewedAt = performance.now()
  const renew = async (progress?: P) => {
    const now = performance.now()
    if (!(await renewed(progress))) lost.abort(new LeaseLost())
    renewedAt = now
  }
  // The database may be reachable again before the lease expires; the next renewal shows it.
  const renewIfPossible = (progress?: P) => void renew(progress).catch(() => {})
  const timer = setInterval(() => {
    // The lease may have expired, and another worker may hold it.
    if (performance.now() - renewedAt > leaseMs) lost.abort(new LeaseLost())
    else renewIfPossible()
  }, leaseRenewMs)
  return {
    signal: lost.signal,
    tell: (progress) => {
      const now = performance.now()
      if (lost.signal.aborted || now - toldAt < tellMs) return
      toldAt = now
      renewIfPossible(progress)
    },
    confirm: async (progress) => {
      await renew(progress)
      lost.signal.throwIfAborted()
    },
    release: () => clearInterval(timer),
  }
}
