'use client'

import type { Ref } from 'react'
import { Notice } from '@/components/ui/notice'
import { isPageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'
import { PageStatusAction } from './page-status-action'
import { useRefusalText } from './refusal-text'

/** What a whole form or dialog was refused for, with the way out where there is one. */
export function RefusalNotice({ refusal, ref }: { refusal: Refusal | Fault; ref?: Ref<HTMLDivElement> }) {
  const text = useRefusalText()(refusal)
  return (
    <Notice tone="danger" {...(ref ? { ref } : {})}>
      <p>{text}</p>
      {isPageStatus(refusal) && <PageStatusAction status={refusal} />}
    </Notice>
  )
}
