'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { type ReactNode, useState } from 'react'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { toast } from '@/components/ui/toasts'
import type { FormAction } from '@/lib/form-data'
import { newKey } from '@/lib/page-identity'
import type { Noun } from '@/lib/use-action'

/**
 * A form is in a dialog or on a page. A page brings its idempotency key, so that the form works without scripts.
 */
export type FormPlace =
  | { in: 'dialog'; onDone: () => void; onDismiss: () => void }
  | { in: 'page'; leadsTo: Route; back: Route; idempotencyKey: string }

type TaskFormProps<T> = {
  name: string
  action: FormAction<T>
  fixed: Record<string, string>
  changes: Noun[]
  place: FormPlace
  kind: 'primary' | 'danger'
  confirm: string
  keep: string
  /** The toast after success. */
  done: string
  disabledReason?: string | null
  children: (view: FormView<T>) => ReactNode
}

/** The form of one task on an instance or a snapshot, the same in a dialog and on its page. */
export function TaskForm<T>({ place, done, children, ...props }: TaskFormProps<T>) {
  const [key] = useState(() => (place.in === 'page' ? place.idempotencyKey : newKey()))
  const isDialog = place.in === 'dialog'
  const finish = () => {
    toast(done)
    if (isDialog) place.onDone()
  }
  return (
    <ActionForm
      name={props.name}
      action={props.action}
      fixed={props.fixed}
      idempotencyKey={key}
      changes={props.changes}
      onDone={finish}
      {...(isDialog ? {} : { leadsTo: place.leadsTo })}
      className={`flex flex-col gap-3 text-sm [overflow-wrap:anywhere] ${isDialog ? 'p-5 pt-3' : 'max-w-140 p-4'}`}
    >
      {(view) => (
        <>
          {children(view)}
          <div className={`flex flex-wrap gap-2 ${isDialog ? 'flex-row-reverse' : ''}`}>
            <Button
              kind={props.kind}
              type="submit"
              isPending={view.isPending}
              disabledReason={props.disabledReason ?? null}
            >
              {props.confirm}
            </Button>
            {isDialog ? (
              <Button kind="secondary" onClick={place.onDismiss}>
                {props.keep}
              </Button>
            ) : (
              <Link href={place.back} className={buttonClass('secondary')}>
                {props.keep}
              </Link>
            )}
          </div>
        </>
      )}
    </ActionForm>
  )
}
