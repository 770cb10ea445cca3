'use client'

import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import { ProgressBar } from '@/components/ui/progress-bar'
import { type ImageStateName, type ImportStepName, isInMotion, isTransferring, percentDone } from '@/lib/images/rules'

const tones: Record<ImageStateName, Tone> = {
  importing: 'accent',
  available: 'ok',
  copying: 'accent',
  failed: 'danger',
  deleting: 'warn',
  deleted: 'neutral',
}

/** The state of an image as a badge: the only place that gives states a colour and a word. */
export function ImageState({ state }: { state: ImageStateName }) {
  const t = useTranslations('states')
  return (
    <Badge tone={tones[state]} isMoving={isInMotion(state)}>
      {t(state)}
    </Badge>
  )
}

type ImageInMotion = {
  name: string
  state: ImageStateName
  step: ImportStepName | null
  doneBytes: number
  totalBytes: number
}

/** The state of an image and, while it is imported or copied, the step and its progress. */
export function ImageProgress({ image }: { image: ImageInMotion }) {
  const t = useTranslations()
  if (!isTransferring(image.state)) return <ImageState state={image.state} />
  const percent = percentDone(image)
  const what = image.step ? t(`steps.${image.step}`) : t('states.copying')
  const words = percent === null ? what : t('steps.percent', { what, percent })
  return (
    <span className="flex max-w-40 flex-col gap-1">
      <span className="flex">
        <ImageState state={image.state} />
      </span>
      <ProgressBar label={`${words}, ${image.name}`} done={image.doneBytes} max={image.totalBytes} />
      <span className="text-ink-muted text-xs tabular-nums">{words}</span>
    </span>
  )
}
