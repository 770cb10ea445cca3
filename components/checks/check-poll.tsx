'use client'

import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { showCheckAction } from '@/lib/checks/actions'
import { imageCheckQuery } from '@/lib/checks/queries'
import type { CheckSummary } from '@/lib/checks/schema'
import { useAction } from '@/lib/use-action'

type CheckPollProps = { region: string; imageId: string; check: CheckSummary }

/** One object, so that `run` is one function. */
const changesNothing = { changes: [] }

/** Looks how a check goes on, and has the server make the page anew whenever that shows something else. */
export function CheckPoll({ region, imageId, check }: CheckPollProps) {
  const { data, dataUpdatedAt } = useQuery(imageCheckQuery(region, imageId))
  const { run, isPending } = useAction(showCheckAction, changesNothing)
  const isOther = data?.view === 'owner' && stageOf(data) !== stageOf(check)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the page does not show yet is asked for after each answer, not after each try.
  useEffect(() => {
    // One at a time: those that wait would stand before what the person sends.
    if (!isOther || isPending) return
    // Somebody else may have signed in since the answer. For them the page is not there, and what is typed on it would be
    // lost: so an action asks, which refuses them.
    run({ region, imageId })
  }, [isOther, dataUpdatedAt, run, region, imageId])
  return null
}

function stageOf({ state, isQueued, checkedAt, filesLooked, filesTotal }: CheckSummary): string {
  return `${state} ${isQueued} ${checkedAt} ${filesLooked} ${filesTotal}`
}
