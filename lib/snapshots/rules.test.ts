import { expect, test } from 'vitest'
import {
  canSnapshot,
  isBeingMade,
  isSnapshotFailureCode,
  percentMade,
  refuseUse,
  type SnapshotOperation,
  snapshotCan,
  snapshotFailureCodes,
  snapshotPatienceMs,
  snapshotStates,
} from './rules'

const table = {
  createImage: ['available'],
  restore: ['available'],
  delete: ['creating', 'available', 'failed'],
} satisfies Record<SnapshotOperation, string[]>

test('what may be done in which state of a snapshot', () => {
  expect(snapshotCan).toEqual(table)
  for (const operation of ['createImage', 'restore', 'delete'] as const)
    expect(snapshotStates.filter((state) => canSnapshot(operation, state))).toEqual(table[operation])
})

test('only a snapshot that is there can be used', () => {
  for (const operation of ['createImage', 'restore'] as const) {
    expect(refuseUse(operation, { state: 'available' })).toBeNull()
    for (const state of ['creating', 'failed'] as const)
      expect(refuseUse(operation, { state })).toEqual({ code: 'SNAPSHOT_NOT_AVAILABLE', state })
  }
})

test('one that is being made is no other', () => {
  expect(snapshotStates.filter(isBeingMade)).toEqual(['creating'])
})

test.each([
  [0, 0, null],
  [5, 0, null],
  [0, 3, 0],
  [1, 3, 33],
  [2, 3, 66],
  [3, 3, 100],
  [4, 3, 100],
])('%i of %i bytes are %s percent', (doneBytes, totalBytes, percent) => {
  expect(percentMade({ doneBytes, totalBytes })).toBe(percent)
})

test('a running disk has two hours to be caught up with', () => {
  expect(snapshotPatienceMs).toBe(7_200_000)
})

test('the failures that have a sentence are known, and no others', () => {
  expect(snapshotFailureCodes.every(isSnapshotFailureCode)).toBe(true)
  expect(snapshotFailureCodes).toContain('INSTANCE_GONE')
  expect(['', 'store_full', 'STORE'].some(isSnapshotFailureCode)).toBe(false)
})
