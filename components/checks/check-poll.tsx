'use client'

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { showCheckAction } from '@/lib/checks/actions'
import { imageCheckQuery } from '@/lib/checks/queries'
import { useAction } from '@/lib/use-action'

/** One object, so that `run` is one function. */
const changesNothing = { changes: [] }

/** Looks how a check goes on, and has the server make the page anew whenever it says something else. */
export function CheckPoll({ region, imageId }: { region: string; imageId: string }) {
  const { data, dataUpdatedAt } = useQuery(imageCheckQuery(region, imageId))
  const { run, isPending } = useAction(showCheckAction, changesNothing)
  const said = data?.view === 'owner' ? `${data.state} ${data.isQueued} ${data.filesLooked} ${data.filesTotal}` : ''
  const shown = useRef('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was not shown is tried again with each answer.
  useEffect(() => {
    // One at a time: those that wait would stand before what the person sends.
    if (!said || said === shown.current || isPending) return
    // Somebody else may have signed in since the answer. For them the page is not there, and what is typed on it would be
    // lost: so an action asks, which refuses them.
    run({ region, imageId }, () => {
      shown.current = said
    })
  }, [said, dataUpdatedAt, run, region, imageId])
  return null
}
