'use client'

import type { Ref } from 'react'
import { Notice } from '@/components/ui/notice'
import { isPageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'
import { PageStatusAction } from './page-status-action'
import { useRefusalText } from './refusal-text'

/** The refusal of a form or dialog as a whole, with a link if one helps. */
export function RefusalNotice({ refusal, ref }: { refusal: Refusal | Fault; ref?: Ref<HTMLDivElement> }) {
  const text = useRefusalText()(refusal)
  return (
    <Notice tone="danger" {...(ref ? { ref } : {})}>
      <p>{text}</p>
      {isPageStatus(refusal) && <PageStatusAction status={refusal} />}
    </Notice>
  )
}
