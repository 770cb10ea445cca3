'use client'

import dynamic from 'next/dynamic'
import { useEffect, useRef, useState } from 'react'
import { latePart } from '@/lib/late-part'

// Few pages are open when a share ends.
const EndedShareList = dynamic(
  () => latePart(() => import('./ended-share-list').then((module) => module.EndedShareList)),
  { ssr: false },
)

/** As many as an image has recipients: more than that can hardly go while a page is open. */
const shownMax = 20

type EndedSharesProps = {
  /** The shares on the page. One that disappears has perhaps ended. */
  shareIds: string[]
  /** What this page has ended itself is no news. */
  endedHere: ReadonlySet<string>
}

/** Shows who ended a share, and when, if its row disappears while the page is open. */
export function EndedShares({ shareIds, endedHere }: EndedSharesProps) {
  const gone = useGone(shareIds)
  return <div role="status">{gone.length > 0 && <EndedShareList gone={gone} endedHere={endedHere} />}</div>
}

/** The shares that were on the page and are not any more, the last ones first. */
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
