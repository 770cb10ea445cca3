'use client'

import { useRefusalText } from '@/components/shell/refusal-text'
import { Field, inputClass } from '@/components/ui/field'
import type { Fault, Refusal } from '@/lib/result'

type TypedNameFieldProps = {
  label: string
  /** The name that has to be typed. */
  name: string
  value: string
  onChange: (typed: string) => void
  /** The refusal of a wrong name, which is said here; any other stands elsewhere. */
  refusal: Refusal | Fault | null
}

/** Has the name of a thing typed before it is taken away for good. */
export function TypedNameField({ label, name, value, onChange, refusal }: TypedNameFieldProps) {
  const refusalText = useRefusalText()
  return (
    <Field
      id="typed-name"
      label={label}
      hint={name}
      error={refusal && isNameMismatch(refusal) ? refusalText(refusal) : undefined}
    >
      {(control) => (
        <input
          {...control}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          autoComplete="off"
          className={inputClass}
        />
      )}
    </Field>
  )
}

/** Whether something was refused because another name was typed. */
export function isNameMismatch({ code }: Refusal | Fault): boolean {
  return code === 'INSTANCE_NAME_MISMATCH' || code === 'IMAGE_NAME_MISMATCH'
}
