import { formatBytes } from '@/lib/format'
import type { Stage } from '@/lib/tasks/source'

const betweenMs = 200
const words: Record<Stage, string> = {
  receiving: 'Received',
  checking: 'Checked',
  converting: 'Converted',
  storing: 'Stored',
}

/** Shows an import's progress on stderr if that is a terminal. The size of a block device is 0. */
export function showProgress(screen: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr) {
  if (!screen.isTTY) return { tell: () => {}, end: () => {} }
  let shownAt = Number.NEGATIVE_INFINITY
  let began: { stage: Stage; at: number } | undefined
  return {
    tell: (done: number, total: number | undefined, stage: Stage) => {
      const now = performance.now()
      if (began?.stage !== stage) began = { stage, at: now }
      if (now - shownAt < betweenMs) return
      shownAt = now
      screen.write(`\r\u001b[K${progressLine({ done, total, stage, seconds: (now - began.at) / 1_000 })}`)
    },
    end: () => void screen.write('\r\u001b[K'),
  }
}

type Come = { done: number; total: number | undefined; stage: Stage; seconds: number }

export function progressLine({ done, total, stage, seconds }: Come): string {
  const perSecond = seconds > 0 ? done / seconds : 0
  const isBytes = stage !== 'converting'
  const share = total ? `${Math.floor((done / total) * 100)} %` : ''
  const bytes = total ? `${formatBytes(done, 'en')} of ${formatBytes(total, 'en')} (${share})` : formatBytes(done, 'en')
  const parts = [`${words[stage]} ${isBytes ? bytes : share}`]
  if (isBytes && perSecond > 0) parts.push(`${formatBytes(perSecond, 'en')}/s`)
  if (total && perSecond > 0) parts.push(timeLeft((total - done) / perSecond))
  return parts.join(' · ')
}

function timeLeft(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s left`
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min left` : `about ${Math.round(seconds / 3_600)} h left`
}
