'use client'

import dynamic from 'next/dynamic'
import type { CheckSummary } from '@/lib/checks/schema'
import { latePart } from '@/lib/late-part'

// Only pages with a running check load the code that polls it.
const CheckPoll = dynamic(() => latePart(() => import('./check-poll').then((module) => module.CheckPoll)), {
  ssr: false,
})

/** `check`: as the page currently shows it. */
type CheckWatchProps = { region: string; imageId: string; check: CheckSummary }

/** Refreshes the page as its check progresses, until the check has ended. */
export function CheckWatch({ region, imageId, check }: CheckWatchProps) {
  return check.isQueued ? <CheckPoll region={region} imageId={imageId} check={check} /> : null
}
