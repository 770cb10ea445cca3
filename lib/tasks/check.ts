import 'server-only'
import { findBytes } from '@/lib/checks/reads'
import {
  type CheckProgress,
  type CheckWork,
  claimCheck,
  failCheck,
  forgetChecks,
  queueUnchecked,
  releaseCheck,
  renewCheck,
  settleCheck,
} from '@/lib/checks/writes-run'
import { checkGuest } from '@/lib/disks/check'
import { rulesVersion } from '@/lib/disks/check/path-rules'
import type { CheckReport } from '@/lib/disks/check/report'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { log, logFault } from '@/lib/log'
import { countCheck } from '@/lib/metrics'
import { NotStored } from '@/lib/stores/errors'
import { isTriedAgain } from '@/lib/transfers/rules'
import { type KeptLease, keepLease, LeaseLost } from './lease'
import { withLocalBytes } from './local-bytes'
import { findReadingMachine } from './reading-machine'
import { refusalOf } from './trouble'

type Bytes = NonNullable<Awaited<ReturnType<typeof findBytes>>>
type Held = { work: CheckWork; lease: KeptLease<CheckProgress>; isDeep: boolean; isLastTry: boolean }

/** Prefix of a check's files in the staging folder; the name of its lease holder follows. */
export const stagedCheck = 'check-'

/** Runs the queued check of a content. Only one of several workers runs it. */
export async function checkJob({ sha256 }: { sha256: string }, isLastTry: boolean): Promise<void> {
  await queueUnchecked(sha256, rulesVersion, new Date())
  const claimed = await claimCheck(sha256)
  if (!claimed) return
  const { work, isDeep } = claimed
  const lease = keepLease<CheckProgress>(async (progress) => await renewCheck(work, progress))
  try {
    await runCheck({ work, lease, isDeep, isLastTry })
  } finally {
    lease.release()
  }
}

/** One try of a check. Errors retry or fail it, by the table of errors of transfers. */
async function runCheck(held: Held): Promise<void> {
  const { work, lease, isLastTry } = held
  const bytes = await findBytes(work.sha256)
  try {
    if (!bytes) return void (await forgetChecks())
    const report = await checkBytes(bytes, held)
    lease.signal.throwIfAborted()
    if (await settleCheck(work, report, new Date())) countCheck(report.verdict, report.seconds)
  } catch (error) {
    const met = lease.signal.aborted ? lease.signal.reason : error
    if (met instanceof LeaseLost) return
    // The last image of these bytes was deleted meanwhile; the same content may be stored elsewhere.
    if (isGone(met) && (await findBytes(work.sha256))?.id !== bytes?.id) {
      await releaseCheck(work)
      return await checkJob({ sha256: work.sha256 }, isLastTry)
    }
    const code = refusalOf(met, bytes?.regionId ?? '')?.code ?? 'FAULT'
    if (isTriedAgain(code, { isLastTry })) {
      await releaseCheck(work).catch(() => {})
      throw met
    }
    if (code === 'FAULT') logFault(met, 'check')
    else log.warn({ err: met, region: bytes?.regionId }, 'A disk could not be checked.')
    await failCheck(work, { code, isDeep: held.isDeep }, new Date())
    countCheck('failed', 0)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof NotStored || isErrnoCode(error, 'ENOENT')
}

/** Checks the bytes in place, or a copy of them if they are in a bucket. Never writes to them. */
async function checkBytes(bytes: Bytes, held: Held): Promise<CheckReport> {
  const { format } = bytes
  if (format !== 'qcow2' && format !== 'raw') return unsupported(held.isDeep)
  const name = `${stagedCheck}${held.work.holder}`
  return await withLocalBytes(bytes, { name, signal: held.lease.signal }, (file) => look(file, format, held))
}

async function look(file: string, format: 'qcow2' | 'raw', { lease, isDeep }: Held): Promise<CheckReport> {
  return await checkGuest(
    { path: file, format },
    {
      deep: isDeep,
      signal: lease.signal,
      onProgress: ({ filesLooked, filesTotal }) => lease.tell({ filesLooked, filesTotal }),
      findReader: findReadingMachine,
      onTrouble: (message) => log.warn({ message }, 'The machine that reads file systems did not start.'),
    },
  )
}

function unsupported(isDeep: boolean): CheckReport {
  return {
    ...{ verdict: 'unchecked', reason: 'UNSUPPORTED_DISK', rulesVersion, isDeep, partitions: [], files: 0, bytes: 0 },
    ...{ seconds: 0, filesByPathOnly: 0, filesNotRead: 0, findings: [], findingsBeyond: 0 },
    counts: { critical: 0, high: 0, medium: 0, low: 0 },
  }
}
