'use client'

import { useTranslations } from 'next-intl'
import { Badge, type Tone } from '@/components/ui/badge'
import { type ImageStateName, isInMotion } from '@/lib/images/rules'

const tones: Record<ImageStateName, Tone> = {
  importing: 'accent',
  available: 'ok',
  copying: 'accent',
  failed: 'danger',
  deleting: 'warn',
  deleted: 'neutral',
}

/** The one place where a state gets its colour and its word. */
export function ImageState({ state }: { state: ImageStateName }) {
  const t = useTranslations('states')
  return (
    <Badge tone={tones[state]} isMoving={isInMotion(state)}>
      {t(state)}
    </Badge>
  )
}
