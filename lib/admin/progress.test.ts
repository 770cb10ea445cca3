import { expect, test } from 'vitest'
import { progressLine, showProgress } from './progress'

const mib = 2 ** 20

test.each([
  [{ stage: 'receiving', done: 0, total: 100 * mib, seconds: 0 }, 'Received 0 B of 100 MiB (0 %)'],
  [
    { stage: 'receiving', done: 40 * mib, total: 100 * mib, seconds: 8 },
    'Received 40 MiB of 100 MiB (40 %) · 5 MiB/s · 12 s left',
  ],
  [{ stage: 'receiving', done: 40 * mib, total: undefined, seconds: 8 }, 'Received 40 MiB · 5 MiB/s'],
  [{ stage: 'converting', done: 25, total: 100, seconds: 60 }, 'Converted 25 % · 3 min left'],
  [
    { stage: 'storing', done: mib, total: 7_201 * mib, seconds: 1 },
    'Stored 1 MiB of 7 GiB (0 %) · 1 MiB/s · about 2 h left',
  ],
] as const)('%j reads %s', (come, line) => {
  expect(progressLine(come)).toBe(line)
})

test('progress is one line on a terminal, removed at the end, and not written to a file', () => {
  const said: string[] = []
  const write = (text: string | Uint8Array) => said.push(String(text)) > 0
  const progress = showProgress({ isTTY: true, write })
  progress.tell(mib, 2 * mib, 'storing')
  progress.tell(2 * mib, 2 * mib, 'storing')
  progress.end()
  expect(said).toEqual(['\r\u001b[KStored 1 MiB of 2 MiB (50 %)', '\r\u001b[K'])
  const file = showProgress({ isTTY: false, write })
  file.tell(mib, 2 * mib, 'storing')
  file.end()
  expect(said).toHaveLength(2)
})
