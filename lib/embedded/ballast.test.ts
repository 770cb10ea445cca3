import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ballastFile, ballastStep, tendBallast } from './ballast'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-ballast-'))
fs.mkdirSync(path.join(folder, 'postgres'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const mib = 2 ** 20

test.each([
  [true, 31, 'give up'],
  [true, 32, 'keep'],
  [true, 10_000, 'keep'],
  [false, 159, 'keep'],
  [false, 160, 'make'],
])('with a ballast of 64 MiB (there: %s) and %i MiB free the step is: %s', (isThere, free, step) => {
  expect(ballastStep({ isThere, free: free * mib, size: 64 * mib })).toBe(step)
})

test('a deleted ballast is not made again until 2.5 times its size is free', () => {
  const size = 64 * mib
  // Deleted at just under half its size free, which leaves just under one and a half times its size free.
  expect(ballastStep({ isThere: false, free: size / 2 - 1 + size, size })).toBe('keep')
  // Made again, it is not deleted at once.
  expect(ballastStep({ isThere: true, free: 2.5 * size - size, size })).toBe('keep')
})

test('the ballast occupies its full size, is replaced for another size, and removed for size 0', async () => {
  expect(await tendBallast(folder, 4 * mib)).toBe('made')
  const { blocks } = fs.statSync(ballastFile(folder))
  expect(blocks * 512).toBeGreaterThanOrEqual(4 * mib)
  expect(await tendBallast(folder, 4 * mib)).toBe('kept')
  expect(await tendBallast(folder, 6 * mib)).toBe('made')
  expect(fs.statSync(ballastFile(folder)).size).toBe(6 * mib)
  expect(await tendBallast(folder, 0)).toBe('kept')
  expect(fs.readdirSync(path.join(folder, 'postgres'))).toEqual([])
})
