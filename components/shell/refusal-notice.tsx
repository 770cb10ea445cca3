'use client'

import type { Ref } from 'react'
import { Notice } from '@/components/ui/notice'
import type { Fault, Refusal } from '@/lib/result'
import { isStanding } from '@/lib/standing'
import { useRefusalText } from './refusal-text'
import { StandingWayOut } from './standing-way-out'

/** What a whole form or dialog was refused for, with the way out where there is one. */
export function RefusalNotice({ refusal, ref }: { refusal: Refusal | Fault; ref?: Ref<HTMLDivElement> }) {
  const text = useRefusalText()(refusal)
  return (
    <Notice tone="danger" {...(ref ? { ref } : {})}>
      <p>{text}</p>
      {isStanding(refusal) && <StandingWayOut standing={refusal} />}
    </Notice>
  )
}
