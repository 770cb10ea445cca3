'use client'

import dynamic from 'next/dynamic'
import { useEffect, useRef, useState } from 'react'
import { latePart } from '@/lib/late-part'

// Loaded on demand: few pages are open when a share ends.
const EndedShareList = dynamic(
  () => latePart(() => import('./ended-share-list').then((module) => module.EndedShareList)),
  { ssr: false },
)

/** As many as an image can have recipients. */
const shownMax = 20

type EndedSharesProps = {
  /** The shares on the page. One that disappears may have ended. */
  shareIds: string[]
  /** Shares that this page ended itself, which are not reported. */
  endedHere: ReadonlySet<string>
}

/** Shows who ended a share, and when, if its row disappears while the page is open. */
export function EndedShares({ shareIds, endedHere }: EndedSharesProps) {
  const gone = useGone(shareIds)
  return <div role="status">{gone.length > 0 && <EndedShareList gone={gone} endedHere={endedHere} />}</div>
}

/** The shares that have disappeared from the page, latest first. */
function useGone(shareIds: string[]): string[] {
  const before = useRef(shareIds)
  const [gone, setGone] = useState<string[]>([])
  const now = shareIds.join()
  useEffect(() => {
    const ids = now === '' ? [] : now.split(',')
    const went = before.current.filter((id) => !ids.includes(id))
    before.current = ids
    if (went.length > 0) setGone((known) => [...new Set([...went, ...known])].slice(0, shownMax))
  }, [now])
  return gone
}
