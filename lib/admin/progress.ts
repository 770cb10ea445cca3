import { formatBytes } from '@/lib/format'
import type { ImportStage } from '@/lib/jobs/import-image'

const betweenMs = 200
const words: Record<ImportStage, string> = {
  receiving: 'Received',
  checking: 'Checked',
  converting: 'Converted',
  storing: 'Stored',
}

/** Shows on stderr what an import is at and how far it has come, where a person looks on. The size of a block device is 0. */
export function showProgress() {
  if (!process.stderr.isTTY) return { tell: () => {}, end: () => {} }
  let last = 0
  return {
    tell: (done: number, total: number | undefined, stage: ImportStage) => {
      const now = Date.now()
      if (now - last < betweenMs) return
      last = now
      process.stderr.write(`\r\u001b[K${words[stage]} ${stage === 'converting' ? percent(done) : ofTotal(done, total)}`)
    },
    end: () => void process.stderr.write('\r\u001b[K'),
  }
}

function ofTotal(done: number, total: number | undefined): string {
  const share = total ? ` of ${formatBytes(total, 'en')} (${percent((done / total) * 100)})` : ''
  return `${formatBytes(done, 'en')}${share}`
}

function percent(done: number): string {
  return `${Math.floor(done)} %`
}
