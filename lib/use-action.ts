'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState, useTransition } from 'react'
import type { ActionResult, Fault, Refusal } from '@/lib/result'

export type Noun = 'images' | 'shares' | 'accounts' | 'quotas' | 'imports'

/**
 * Runs a server action from the screen: whether it runs, what it refused, and which nouns it changes. Whole nouns are
 * invalidated, never finer keys, and the refusal stays until the next run. A request that never arrived is a fault
 * without a reference. `isLeaving`: another page comes when it is done, so what this one shows, and may just have been
 * taken away, is not read again.
 */
export function useAction<I, T>(
  action: (input: I) => Promise<ActionResult<T>>,
  options: { changes: Noun[]; isLeaving?: boolean },
) {
  const client = useQueryClient()
  const [isPending, startTransition] = useTransition()
  const [refusal, setRefusal] = useState<Refusal | Fault | null>(null)
  const { changes, isLeaving = false } = options
  const run = useCallback(
    (input: I, onDone?: (value: T) => void) => {
      startTransition(async () => {
        const result = await action(input).catch(
          (): ActionResult<T> => ({ ok: false, refusal: { code: 'FAULT', reference: '' } }),
        )
        // A refusal too may mean that what is on the screen is old: a share that somebody else has ended, a full image.
        const refetchType = result.ok && isLeaving ? 'none' : 'active'
        await Promise.all(changes.map((noun) => client.invalidateQueries({ queryKey: [noun], refetchType })))
        startTransition(() => {
          setRefusal(result.ok ? null : result.refusal)
          if (result.ok) onDone?.(result.value)
        })
      })
    },
    [action, client, changes, isLeaving],
  )
  const reset = useCallback(() => setRefusal(null), [])
  return { run, isPending, refusal, reset }
}
