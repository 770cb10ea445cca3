'use client'

import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { useRefusalText } from '@/components/shell/refusal-text'
import { Badge, type Tone } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ProgressBar } from '@/components/ui/progress-bar'
import { formatBytes } from '@/lib/format'
import type { RunningState, RunningUpload } from '@/lib/uploads/list'
import { pauseUpload, resumeUpload } from '@/lib/uploads/running'
import { useTimeLeft } from './time-left'
import { UploadName } from './upload-name'

/** The states while the file is sent; after that the row shows the image. */
type SendingState = Exclude<RunningState, 'arrived'>

const tones: Record<SendingState, Tone> = {
  waiting: 'neutral',
  sending: 'accent',
  paused: 'neutral',
  offline: 'warn',
  held: 'warn',
  failed: 'danger',
}
const bars = {
  waiting: 'muted',
  sending: 'accent',
  paused: 'muted',
  offline: 'muted',
  held: 'muted',
  failed: 'danger',
} as const

type UploadRowProps = { upload: RunningUpload & { state: SendingState }; onCancel: () => void }

/** An upload of this tab while its file is being sent: progress and operations. */
export function UploadRow({ upload, onCancel }: UploadRowProps) {
  const t = useTranslations('import')
  const { name, size, state, sentBytes } = upload
  return (
    <li aria-label={name} className="flex flex-col gap-2 border-line border-t px-4 py-3 first:border-t-0">
      <UploadName
        upload={upload}
        badge={
          <Badge tone={tones[state]} isMoving={state === 'sending'}>
            {t(state === 'held' && upload.refusal?.code === 'READ_ONLY' ? 'states.waiting' : `states.${state}`)}
          </Badge>
        }
      />
      <ProgressBar label={t('progress', { name })} done={sentBytes} max={size} tone={bars[state]} />
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <UploadNumbers upload={upload} />
        <div className="-mx-1.5 flex flex-wrap gap-1">
          <PauseOrResume upload={upload} />
          <Button kind="text-danger" aria-label={`${t('cancel')}, ${name}`} onClick={onCancel}>
            {t('cancel')}
          </Button>
        </div>
      </div>
      <UploadReason upload={upload} />
    </li>
  )
}

function PauseOrResume({ upload: { imageId, name, state } }: { upload: RunningUpload }) {
  const t = useTranslations('import')
  const isStopped = state === 'paused' || state === 'failed'
  const word = isStopped ? t('resume') : t('pause')
  return (
    <Button
      kind="text"
      aria-label={`${word}, ${name}`}
      onClick={() => (isStopped ? resumeUpload(imageId) : pauseUpload(imageId))}
    >
      {word}
    </Button>
  )
}

function UploadNumbers({ upload: { size, sentBytes, rate, state } }: { upload: RunningUpload }) {
  const t = useTranslations('import')
  const format = useFormatter()
  const locale = useLocale()
  const timeLeft = useTimeLeft()
  const percent = format.number(Math.floor((sentBytes / size) * 100) / 100, { style: 'percent' })
  const parts = [percent, t('sentOf', { sent: formatBytes(sentBytes, locale), size: formatBytes(size, locale) })]
  if (state === 'sending' && rate > 0 && sentBytes < size) {
    parts.push(t('rate', { rate: formatBytes(rate, locale) }), timeLeft((size - sentBytes) / rate))
  }
  return <p className="text-ink-muted text-xs tabular-nums">{parts.join(' · ')}</p>
}

function UploadReason({ upload: { state, refusal, sentBytes, size } }: { upload: RunningUpload }) {
  const t = useTranslations('import')
  const refusalText = useRefusalText()
  if (state === 'offline') return <p className="text-warn text-xs">{t('offlineText')}</p>
  if (state === 'sending' && sentBytes >= size) return <p className="text-ink-muted text-xs">{t('endingText')}</p>
  if (!refusal) return null
  if (state === 'held')
    return <p className="text-warn text-xs">{t(refusal.code === 'READ_ONLY' ? 'heldForRoomText' : 'heldText')}</p>
  const text =
    refusal.code === 'IMAGE_NOT_FOUND'
      ? t('goneText')
      : refusal.code === 'FAULT' && !refusal.reference
        ? t('unreachableText')
        : refusalText(refusal)
  return <p className="text-danger text-xs">{text}</p>
}
