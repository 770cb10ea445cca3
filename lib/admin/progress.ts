import { formatBytes } from '@/lib/format'

const betweenMs = 200

/** Shows on stderr how much of a file has arrived, where a person looks on. The size of a block device is 0. */
export function showProgress(size: number): { tell: (received: number) => void; end: () => void } {
  if (!process.stderr.isTTY) return { tell: () => {}, end: () => {} }
  let last = 0
  return {
    tell: (received) => {
      const now = Date.now()
      if (now - last < betweenMs) return
      last = now
      const share = size > 0 ? ` of ${formatBytes(size, 'en')} (${Math.floor((received / size) * 100)} %)` : ''
      process.stderr.write(`\r\u001b[KReceived ${formatBytes(received, 'en')}${share}`)
    },
    end: () => void process.stderr.write('\r\u001b[K'),
  }
}
