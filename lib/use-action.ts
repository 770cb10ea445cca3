'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState, useTransition } from 'react'
import type { ActionResult, Fault, Refusal } from '@/lib/result'

export type Noun = 'images' | 'shares' | 'accounts' | 'quotas'

/**
 * Runs a server action from the screen: whether it runs, what it refused, and which nouns it changes. Whole nouns are
 * invalidated, never finer keys, and the refusal stays until the next run. A request that never arrived is a fault
 * without a reference.
 */
export function useAction<I, T>(action: (input: I) => Promise<ActionResult<T>>, options: { changes: Noun[] }) {
  const client = useQueryClient()
  const [isPending, startTransition] = useTransition()
  const [refusal, setRefusal] = useState<Refusal | Fault | null>(null)
  const { changes } = options
  const run = useCallback(
    (input: I, onDone?: (value: T) => void) => {
      startTransition(async () => {
        const result = await action(input).catch(
          (): ActionResult<T> => ({ ok: false, refusal: { code: 'FAULT', reference: '' } }),
        )
        // A refusal too may mean that what is on the screen is old: a share that somebody else has ended, a full image.
        await Promise.all(changes.map((noun) => client.invalidateQueries({ queryKey: [noun] })))
        startTransition(() => {
          setRefusal(result.ok ? null : result.refusal)
          if (result.ok) onDone?.(result.value)
        })
      })
    },
    [action, client, changes],
  )
  const reset = useCallback(() => setRefusal(null), [])
  return { run, isPending, refusal, reset }
}
