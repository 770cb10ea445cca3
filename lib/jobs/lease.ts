import 'server-only'
import { leaseMs, leaseRenewMs } from '@/lib/imports/rules'
import { type Progress, renewLease, type Work } from '@/lib/imports/writes'

/** The work was failed, cancelled or taken up by somebody else meanwhile, so whoever is at it stops. */
export class LeaseLost extends Error {}

/** Progress is written at most this often: a list looks every 2 s. */
const tellMs = 1_000

export type Lease = {
  work: Work
  /** Aborted with `LeaseLost` once the lease is lost. */
  signal: AbortSignal
  /** Says how far the work has come, now and then. */
  tell: (progress: Progress) => void
  /** Makes sure that it is still ours, right now. Throws `LeaseLost`. */
  confirm: (progress?: Progress) => Promise<void>
  release: () => void
}

/** Keeps the lease of an import or a copy while it is worked on. */
export function holdLease(work: Work): Lease {
  const lost = new AbortController()
  let toldAt = 0
  let renewedAt = Date.now()
  const renew = async (progress: Progress = {}) => {
    const now = Date.now()
    if (!(await renewLease(work, new Date(now), progress))) lost.abort(new LeaseLost())
    renewedAt = now
  }
  // The database may come back before the lease runs out; the next renewal tells.
  const renewIfPossible = (progress?: Progress) => void renew(progress).catch(() => {})
  const timer = setInterval(() => {
    // Nobody told us that it is lost, and by now somebody else may have it.
    if (Date.now() - renewedAt > leaseMs) lost.abort(new LeaseLost())
    else renewIfPossible()
  }, leaseRenewMs)
  return {
    work,
    signal: lost.signal,
    tell: (progress) => {
      const now = Date.now()
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
