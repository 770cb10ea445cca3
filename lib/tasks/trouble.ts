import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { isBusy, isDatabaseAway, isDatabaseFull } from '@/lib/db/errors'
import { env } from '@/lib/env'
import { isFailureCode } from '@/lib/images/rules'
import type { ImageFailure } from '@/lib/images/schema'
import { log, logFault } from '@/lib/log'
import { type Refusal, Refused, type Result, refuse } from '@/lib/result'
import { ChecksumMismatch } from '@/lib/stores/checksum'
import { NotStored, StoreFull, StoreRefused, StoreUnreachable, TooLarge } from '@/lib/stores/errors'
import { isOurs, isTriedAgain, type TransferKindName, transferKinds } from '@/lib/transfers/rules'
import { failTransfer, releaseTransfer, renewTransfer, type Work } from '@/lib/transfers/writes'
import { LeaseLost } from './lease'

/** The caller cancelled the import, as with Ctrl-C. Not a fault, so it is not logged. */
export class ImportInterrupted extends Error {}

const forOperator: string[] = ['STORE_REFUSED', 'COPY_SOURCE_DAMAGED']

export type Met = {
  work: Work
  kind: TransferKindName
  regionId: string
  isLastTry: boolean
  onStoreFailure?: ((error: Error) => void) | undefined
}

/**
 * Ends a try by the table of errors: requeues the transfer and throws, or fails it and returns the refusal. A fault does both, with a
 * reference.
 */
export async function endTry(ctx: Context, error: unknown, met: Met): Promise<Result<never>> {
  const { work, kind, regionId, isLastTry } = met
  if (error instanceof StoreUnreachable) met.onStoreFailure?.(error)
  const refusal = refusalOf(error, regionId) ?? (await lostMeanwhile(work))
  // It has ended or has another holder, so there is nothing to fail.
  if (refusal?.code === 'IMAGE_BUSY') return refuse(refusal)
  const code = refusal?.code ?? 'FAULT'
  if (isTriedAgain(code, { isLastTry })) {
    // If the database is unreachable, the lease expires by itself with the same effect.
    await releaseTransfer(work, code).catch(() => {})
    throw error
  }
  const failure = refusal && failureOf(refusal)
  await failTransfer(ctx, work, failure ?? faultOf(error, kind))
  if (!refusal) throw error
  const level = forOperator.includes(code) ? 'error' : isOurs(code) ? 'warn' : 'info'
  log[level]({ err: error, kind, region: regionId }, 'A transfer has failed.')
  return refuse(refusal)
}

/** Cancelling removes files in use, so the worker gets other errors, which are not faults. */
async function lostMeanwhile(work: Work): Promise<Refusal | null> {
  const isOurs = await renewTransfer(work).catch(() => true)
  return isOurs ? null : { code: 'IMAGE_BUSY', state: 'failed' }
}

export function refusalOf(error: unknown, region: string): Refusal | null {
  if (error instanceof Refused) return error.refusal
  if (error instanceof LeaseLost) return { code: 'IMAGE_BUSY', state: 'failed' }
  if (error instanceof TooLarge) return { code: 'IMAGE_TOO_LARGE', max: env().ECS_IMAGE_SIZE_MAX }
  if (error instanceof StoreFull) return { code: 'STORE_FULL', region }
  if (error instanceof StoreRefused) return { code: 'STORE_REFUSED', region }
  if (error instanceof StoreUnreachable) return { code: 'STORE_UNREACHABLE', region }
  if (error instanceof ChecksumMismatch || error instanceof NotStored) return { code: 'COPY_SOURCE_DAMAGED' }
  if (isDatabaseFull(error)) return { code: 'READ_ONLY' }
  return isBusy(error) || isDatabaseAway(error) ? { code: 'BUSY' } : null
}

function failureOf(refusal: Refusal): ImageFailure | null {
  if (!isFailureCode(refusal.code)) return null
  return {
    code: refusal.code,
    ...('reason' in refusal ? { reason: refusal.reason } : {}),
    facts: factsOf(refusal),
  }
}

function factsOf(refusal: Refusal): Record<string, string | number> {
  if (refusal.code === 'CLEAN_REFUSED') {
    const { path, package: owner, partition } = refusal
    return { path, package: owner, partition }
  }
  return 'facts' in refusal ? refusal.facts : 'max' in refusal ? { max: refusal.max } : {}
}

function faultOf(error: unknown, kind: TransferKindName): ImageFailure {
  if (error instanceof ImportInterrupted) return { code: 'IMPORT_INTERRUPTED' }
  const { fault, word } = transferKinds[kind]
  return { code: fault, facts: { reference: logFault(error, word) } }
}
