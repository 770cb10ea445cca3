import type { RefusalOf } from '@/lib/result'

export const snapshotStates = ['creating', 'available', 'failed'] as const
export type SnapshotStateName = (typeof snapshotStates)[number]

/** Rule 22: the states in which each operation on a snapshot is possible. Deleting one that is being created cancels it. */
export const snapshotCan = {
  createImage: ['available'],
  restore: ['available'],
  delete: snapshotStates,
} as const satisfies Record<string, readonly SnapshotStateName[]>
export type SnapshotOperation = keyof typeof snapshotCan

/** Whether an operation on a snapshot is possible in its state. */
export function canSnapshot(operation: SnapshotOperation, state: SnapshotStateName): boolean {
  return snapshotCan[operation].some((one) => one === state)
}

/** Whether an image can be made of a snapshot, or a disk restored from it. */
export function refuseUse(
  operation: 'createImage' | 'restore',
  { state }: { state: SnapshotStateName },
): RefusalOf<'SNAPSHOT_NOT_AVAILABLE'> | null {
  return canSnapshot(operation, state) ? null : { code: 'SNAPSHOT_NOT_AVAILABLE', state }
}

/** Whether a snapshot changes by itself. */
export function isBeingMade(state: SnapshotStateName): boolean {
  return state === 'creating'
}

/** Progress of a snapshot in percent; null until its total is known. */
export function percentMade({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): number | null {
  return totalBytes > 0 ? Math.min(100, Math.floor((doneBytes / totalBytes) * 100)) : null
}

/** How long a mirror may take to catch up with a running disk. It never does if the disk changes faster than it is written. */
export const snapshotPatienceMs = 2 * 60 * 60 * 1000

/** Why a snapshot failed. The sentences are in lib/messages. */
export const snapshotFailureCodes = [
  'STORE_FULL',
  'STORE_UNREACHABLE',
  'STORE_REFUSED',
  'SNAPSHOT_FAULT',
  'SNAPSHOT_TIMED_OUT',
  'INSTANCE_GONE',
] as const
export type SnapshotFailureCode = (typeof snapshotFailureCodes)[number]

/** Whether this version of the console knows the failure code. */
export function isSnapshotFailureCode(code: string): code is SnapshotFailureCode {
  return snapshotFailureCodes.some((known) => known === code)
}
