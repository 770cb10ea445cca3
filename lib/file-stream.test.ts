import { expect, test, vi } from 'vitest'
import { fileStream, takeDownload } from './file-stream'

async function* endless(ended: () => void) {
  try {
    for (;;) yield 'x'.repeat(1_000)
  } finally {
    ended()
  }
}

test('a tenant has at most two downloads, a process eight, and each frees its place once', () => {
  const [first, second] = [takeDownload('acc-a'), takeDownload('acc-a')]
  expect(takeDownload('acc-a')).toBeNull()
  first?.()
  first?.()
  const third = takeDownload('acc-a')
  expect([third === null, takeDownload('acc-a')]).toEqual([false, null])
  const others = ['b', 'c', 'd'].flatMap((name) => [takeDownload(name), takeDownload(name)])
  expect(others).not.toContain(null)
  expect(takeDownload('acc-e')).toBeNull()
  for (const release of [second, third, ...others]) release?.()
})

test('a download that is not read for a minute is aborted, and its source is closed', async () => {
  vi.useFakeTimers()
  try {
    const [ended, onEnd] = [vi.fn(), vi.fn()]
    const file = { name: 'a.csv', type: 'text/csv', parts: endless(ended) }
    const { body } = fileStream(file, {}, { isOver: async () => false, onEnd })
    const reader = body?.getReader()
    expect(await reader?.read()).toMatchObject({ done: false })
    await vi.advanceTimersByTimeAsync(61_000)
    expect([ended.mock.calls.length > 0, onEnd.mock.calls.length > 0]).toEqual([true, true])
    await expect(reader?.closed).rejects.toThrow('Nobody takes')
  } finally {
    vi.useRealTimers()
  }
})

test('a download ends with its session', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  try {
    const [ended, onEnd] = [vi.fn(), vi.fn()]
    const file = { name: 'a.csv', type: 'text/csv', parts: endless(ended) }
    const reader = fileStream(file, {}, { isOver: async () => true, onEnd }).body?.getReader()
    await reader?.read()
    vi.advanceTimersByTime(11_000)
    await expect(
      (async () => {
        for (let part = 0; part < 3; part++) await reader?.read()
      })(),
    ).rejects.toThrow('has ended')
    expect(ended).toHaveBeenCalled()
  } finally {
    vi.useRealTimers()
  }
})
