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

test('the operations possible in each state of a snapshot', () => {
  expect(snapshotCan).toEqual(table)
  for (const operation of ['createImage', 'restore', 'delete'] as const)
    expect(snapshotStates.filter((state) => canSnapshot(operation, state))).toEqual(table[operation])
})

test('only an available snapshot can be used', () => {
  for (const operation of ['createImage', 'restore'] as const) {
    expect(refuseUse(operation, { state: 'available' })).toBeNull()
    for (const state of ['creating', 'failed'] as const)
      expect(refuseUse(operation, { state })).toEqual({ code: 'SNAPSHOT_NOT_AVAILABLE', state })
  }
})

test('only a snapshot in creation changes by itself', () => {
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

test('a mirror has two hours to catch up with a running disk', () => {
  expect(snapshotPatienceMs).toBe(7_200_000)
})

test('only failure codes with a sentence are known', () => {
  expect(snapshotFailureCodes.every(isSnapshotFailureCode)).toBe(true)
  expect(snapshotFailureCodes).toContain('INSTANCE_GONE')
  expect(['', 'store_full', 'STORE'].some(isSnapshotFailureCode)).toBe(false)
})
