'use client'

import dynamic from 'next/dynamic'
import { latePart } from '@/lib/late-part'

// Only a page on which something is being checked loads what looks for the verdict.
const CheckPoll = dynamic(() => latePart(() => import('./check-poll').then((module) => module.CheckPoll)), {
  ssr: false,
})

type CheckWatchProps = { region: string; imageId: string; isQueued: boolean }

/** Makes the page anew as its check goes on, until it has ended. */
export function CheckWatch({ region, imageId, isQueued }: CheckWatchProps) {
  return isQueued ? <CheckPoll region={region} imageId={imageId} /> : null
}
