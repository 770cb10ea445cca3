import { isTransferring } from '@/lib/images/rules'
import type { RefusalCode, RefusalOf } from '@/lib/result'

/** The worker of a transfer renews its lease this often. */
export const leaseRenewMs = 10_000
/** Six missed renewals. */
export const leaseMs = 60_000
/** Queued work is enqueued again after this time: six tries take less, and a dead worker's job stays locked. */
export const queueMs = 10 * 60_000

/** Names of each kind of transfer: the image's state and source, its job, its events. */
export const transferKinds = {
  IMPORT: {
    state: 'importing',
    job: 'finish-import',
    settled: 'image.available',
    fault: 'IMPORT_FAULT',
    word: 'import',
  },
  COPY: { state: 'copying', job: 'copy-image', settled: 'image.copied', fault: 'COPY_FAULT', word: 'copy' },
  CLEAN: { state: 'copying', job: 'clean-image', settled: 'image.cleaned', fault: 'CLEAN_FAULT', word: 'clean' },
} as const
export type TransferKindName = keyof typeof transferKinds

/**
 * What happens to a transfer after an error. `passing`: the error is temporary and not about the disk, so it is retried
 * without limit. `tries`: it is retried until its job has no tries left, then it fails. `fails`: a retry would end the
 * same way.
 */
export type Treatment = 'passing' | 'tries' | 'fails'

type Trouble = { whose: 'ours' | 'the disk' | 'the sender'; treatment: Treatment }

/** The table of errors. A worker's death is not in it: its lease expires, which counts as `passing`. */
const troubles: Partial<Record<RefusalCode | 'FAULT', Trouble>> = {
  // A lock timeout, no free connection, or an unreachable database.
  BUSY: { whose: 'ours', treatment: 'passing' },
  // The disk of the database is full, until space is freed.
  READ_ONLY: { whose: 'ours', treatment: 'passing' },
  STORE_UNREACHABLE: { whose: 'ours', treatment: 'tries' },
  FAULT: { whose: 'ours', treatment: 'tries' },
  STORE_REFUSED: { whose: 'ours', treatment: 'fails' },
  BYTES_QUOTA_FULL: { whose: 'the sender', treatment: 'fails' },
  STORE_FULL: { whose: 'ours', treatment: 'fails' },
  COPY_SOURCE_GONE: { whose: 'ours', treatment: 'fails' },
  COPY_SOURCE_DAMAGED: { whose: 'ours', treatment: 'fails' },
  // The transfer has ended or has another holder, so there is nothing to fail.
  IMAGE_BUSY: { whose: 'ours', treatment: 'fails' },
  DISK_REFUSED: { whose: 'the disk', treatment: 'fails' },
  IMAGE_TOO_LARGE: { whose: 'the disk', treatment: 'fails' },
  CLEAN_REFUSED: { whose: 'the disk', treatment: 'fails' },
  CHECKSUM_MISMATCH: { whose: 'the sender', treatment: 'fails' },
  SIGNED_OUT: { whose: 'the sender', treatment: 'fails' },
}

/** Whether a transfer with this error is enqueued again. An error that is not in the table is a fault of the console. */
export function isTriedAgain(code: RefusalCode | 'FAULT', { isLastTry }: { isLastTry: boolean }): boolean {
  const { treatment } = troubles[code] ?? { treatment: 'tries' }
  return treatment === 'passing' || (treatment === 'tries' && !isLastTry)
}

/** Whether an error is the fault of the console, its stores or its database. */
export function isOurs(code: RefusalCode | 'FAULT'): boolean {
  return (troubles[code]?.whose ?? 'ours') === 'ours'
}

/** Refuses to cancel a transfer that has ended; it can be cancelled at every step. */
export function refuseCancel({ state }: { state: string }): RefusalOf<'IMAGE_BUSY'> | null {
  return isTransferring(state) ? null : { code: 'IMAGE_BUSY', state }
}
