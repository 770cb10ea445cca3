'use client'

import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { showCheckAction } from '@/lib/checks/actions'
import { imageCheckQuery } from '@/lib/checks/queries'
import type { CheckSummary } from '@/lib/checks/schema'
import { useAction } from '@/lib/use-action'

type CheckPollProps = { region: string; imageId: string; check: CheckSummary }

/** A constant, so that `run` keeps its identity between renders. */
const changesNothing = { changes: [] }

/** Polls a running check, and rerenders the page on the server whenever the check differs from what the page shows. */
export function CheckPoll({ region, imageId, check }: CheckPollProps) {
  const { data, dataUpdatedAt } = useQuery(imageCheckQuery(region, imageId))
  const { run, isPending } = useAction(showCheckAction, changesNothing)
  const isOther = data?.view === 'owner' && stageOf(data) !== stageOf(check)
  // biome-ignore lint/correctness/useExhaustiveDependencies: reruns after each poll answer, not when an action has ended.
  useEffect(() => {
    // One at a time: Next.js queues actions, and queued ones would delay the user's own.
    if (!isOther || isPending) return
    // An action and not router.refresh(): if another account has signed in since, a refresh would show a 404 and lose
    // unsent input, while the action is refused.
    run({ region, imageId })
  }, [isOther, dataUpdatedAt, run, region, imageId])
  return null
}

function stageOf({ state, isQueued, checkedAt, filesLooked, filesTotal }: CheckSummary): string {
  return `${state} ${isQueued} ${checkedAt} ${filesLooked} ${filesTotal}`
}
