'use client'

import { useQueryClient } from '@tanstack/react-query'
import { unstable_isUnrecognizedActionError } from 'next/navigation'
import { useCallback, useState, useTransition } from 'react'
import type { Action, FormAction } from '@/lib/form-data'
import { pageIdentity } from '@/lib/page-identity'
import { askedNow, noteAnswer } from '@/lib/page-status'
import type { ActionResult, Fault, Refusal } from '@/lib/result'

export type Noun =
  | 'images'
  | 'shares'
  | 'accounts'
  | 'quotas'
  | 'imports'
  | 'instances'
  | 'snapshots'
  | 'checks'
  | 'notices'

type Options = { changes: Noun[]; isLeaving?: boolean }

/**
 * Runs a server action from the screen, with its pending state and refusal, and invalidates the nouns that it changes:
 * whole nouns, never finer keys. The refusal stays until the next run. `isLeaving`: the page navigates away afterwards,
 * so its own data, which may just have been deleted, is not refetched.
 */
export function useAction<I, T>(action: Action<I, T>, options: Options) {
  const { ask, ...rest } = useAsk<T>(options)
  const run = useCallback(
    (input: I, onDone?: (value: T) => void) => ask(() => action(input, pageIdentity()), onDone),
    [action, ask],
  )
  return { run, ...rest }
}

/** The same for a form whose fields are the input. */
export function useFormAction<T>(action: FormAction<T>, options: Options) {
  const { ask, ...rest } = useAsk<T>(options)
  const send = useCallback(
    (form: FormData, onDone?: (value: T) => void) => ask(() => action(null, form), onDone),
    [action, ask],
  )
  return { send, ...rest }
}

function useAsk<T>({ changes, isLeaving = false }: Options) {
  const client = useQueryClient()
  const [isPending, startTransition] = useTransition()
  const [refusal, setRefusal] = useState<Refusal | Fault | null>(null)
  const ask = useCallback(
    (call: () => Promise<ActionResult<T>>, onDone?: (value: T) => void) => {
      startTransition(async () => {
        const result = await answered(call)
        // A refusal may also mean that the screen is stale: another session ended the share, the image became full.
        const refetchType = result.ok && isLeaving ? 'none' : 'active'
        const read = Promise.all(changes.map((noun) => client.invalidateQueries({ queryKey: [noun], refetchType })))
        // A refusal is shown at once: without the database, refetching takes too long.
        if (result.ok) await read
        startTransition(() => {
          setRefusal(result.ok ? null : result.refusal)
          if (result.ok) onDone?.(result.value)
        })
      })
    },
    [client, changes, isLeaving],
  )
  const reset = useCallback(() => setRefusal(null), [])
  return { ask, isPending, refusal, reset }
}

/** An unknown action belongs to another build; offline nothing was sent; after any other failure it may have succeeded. */
async function answered<T>(call: () => Promise<ActionResult<T>>): Promise<ActionResult<T>> {
  const wasOffline = !navigator.onLine
  const asked = askedNow()
  const result = await call().catch((error): ActionResult<T> => {
    if (unstable_isUnrecognizedActionError(error)) return { ok: false, refusal: { code: 'NEW_BUILD' } }
    return { ok: false, refusal: wasOffline ? { code: 'OFFLINE' } : { code: 'FAULT', reference: '' } }
  })
  noteAnswer(result.ok ? null : result.refusal, asked)
  return result
}
