import { CircleAlert } from 'lucide'
import type { ReactNode } from 'react'
import { Icon } from './icon'

export const inputClass =
  'w-full rounded-control border border-line-strong bg-surface-raised px-2.5 py-1.5 text-md text-ink outline-offset-0 ' +
  'placeholder:text-ink-muted aria-invalid:border-danger read-only:bg-surface-muted'

/** The class of a native select, which works best on every device. */
export const selectClass =
  'h-[34px] w-full rounded-control border border-line-strong bg-surface-raised px-2 text-md text-ink aria-invalid:border-danger'

/** Attributes that connect a control with its label, hint and error. */
export type FieldControl = { id: string; 'aria-describedby': string; 'aria-invalid': true | undefined }

type FieldProps = {
  id: string
  label: string
  hint?: ReactNode
  error?: ReactNode
  children: (control: FieldControl) => ReactNode
}

/** A label above, and a hint or an error below. The label cannot be omitted. */
export function Field({ id, label, hint, error, children }: FieldProps) {
  const aboutId = `${id}-about`
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium text-sm">
        {label}
      </label>
      {children({ id, 'aria-describedby': aboutId, 'aria-invalid': error ? true : undefined })}
      <div id={aboutId} className="text-xs">
        {error ? (
          <span role="alert" className="flex items-start gap-1 text-danger">
            <Icon of={CircleAlert} className="mt-px size-3.5 shrink-0" />
            <span>{error}</span>
          </span>
        ) : (
          <span className="text-ink-muted">{hint}</span>
        )}
      </div>
    </div>
  )
}
