import { isTransferring } from '@/lib/images/rules'
import type { RefusalCode, RefusalOf } from '@/lib/result'

/** Whoever works on a transfer renews its lease this often … */
export const leaseRenewMs = 10_000
/** … and is taken for dead when it has not for this long: six renewals missed. */
export const leaseMs = 60_000
/** Work in the queue is put there anew after this long: its six tries take less, and a job whose worker died stays locked. */
export const queueMs = 10 * 60_000

/** What the kinds of transfers are called elsewhere: by the state of their image, the queue, the record of events, the log. */
export const transferKinds = {
  IMPORT: {
    state: 'importing',
    job: 'finish-import',
    settled: 'image.available',
    fault: 'IMPORT_FAULT',
    word: 'import',
  },
  COPY: { state: 'copying', job: 'copy-image', settled: 'image.copied', fault: 'COPY_FAULT', word: 'copy' },
} as const
export type TransferKindName = keyof typeof transferKinds

/**
 * What becomes of a transfer that met an error. `passing`: the error says nothing about the disk and passes by itself, so it is
 * tried again as often as it takes. `tries`: it is tried again until the tries of its job are used up, then it fails.
 * `fails`: another try would end the same way.
 */
export type Treatment = 'passing' | 'tries' | 'fails'

type Trouble = { whose: 'ours' | 'the disk' | 'the sender'; treatment: Treatment }

/** The one table of errors. A worker that died is not in it, because it meets no error: its lease runs out, which is `passing`. */
const troubles: Partial<Record<RefusalCode | 'FAULT', Trouble>> = {
  // A lock that was not acquired in time, no free connection, or a database that is away.
  BUSY: { whose: 'ours', treatment: 'passing' },
  // The disk of the database is full, until somebody makes room on it.
  READ_ONLY: { whose: 'ours', treatment: 'passing' },
  STORE_UNREACHABLE: { whose: 'ours', treatment: 'tries' },
  FAULT: { whose: 'ours', treatment: 'tries' },
  STORE_REFUSED: { whose: 'ours', treatment: 'fails' },
  BYTES_QUOTA_FULL: { whose: 'the sender', treatment: 'fails' },
  STORE_FULL: { whose: 'ours', treatment: 'fails' },
  COPY_SOURCE_GONE: { whose: 'ours', treatment: 'fails' },
  COPY_SOURCE_DAMAGED: { whose: 'ours', treatment: 'fails' },
  // It ended, or is somebody else's by now: whoever asks has nothing left to fail.
  IMAGE_BUSY: { whose: 'ours', treatment: 'fails' },
  DISK_REFUSED: { whose: 'the disk', treatment: 'fails' },
  IMAGE_TOO_LARGE: { whose: 'the disk', treatment: 'fails' },
  CHECKSUM_MISMATCH: { whose: 'the sender', treatment: 'fails' },
  SIGNED_OUT: { whose: 'the sender', treatment: 'fails' },
}

/** Whether a transfer that met this error goes back into the queue. An error that is not in the table is a fault of ours. */
export function isTriedAgain(code: RefusalCode | 'FAULT', { isLastTry }: { isLastTry: boolean }): boolean {
  const { treatment } = troubles[code] ?? { treatment: 'tries' }
  return treatment === 'passing' || (treatment === 'tries' && !isLastTry)
}

/** Whether an error is nobody's fault but the console's, its stores' or its database's. */
export function isOurs(code: RefusalCode | 'FAULT'): boolean {
  return (troubles[code]?.whose ?? 'ours') === 'ours'
}

/** Whether a transfer can be cancelled: as long as it runs, whatever it is at. */
export function refuseCancel({ state }: { state: string }): RefusalOf<'IMAGE_BUSY'> | null {
  return isTransferring(state) ? null : { code: 'IMAGE_BUSY', state }
}
