'use client'

import dynamic from 'next/dynamic'
import type { CheckSummary } from '@/lib/checks/schema'
import { latePart } from '@/lib/late-part'

// Only a page on which something is being checked loads what looks for the verdict.
const CheckPoll = dynamic(() => latePart(() => import('./check-poll').then((module) => module.CheckPoll)), {
  ssr: false,
})

/** `check`: as the page shows it. */
type CheckWatchProps = { region: string; imageId: string; check: CheckSummary }

/** Makes the page anew as its check goes on, until it has ended. */
export function CheckWatch({ region, imageId, check }: CheckWatchProps) {
  return check.isQueued ? <CheckPoll region={region} imageId={imageId} check={check} /> : null
}
