'use client'

import { useRefusalText } from '@/components/shell/refusal-text'
import { Field, inputClass } from '@/components/ui/field'
import type { Fault, Refusal } from '@/lib/result'

type TypedNameFieldProps = {
  label: string
  /** The name to type. */
  name: string
  value: string
  onChange: (typed: string) => void
  /** The refusal. Only a wrong name is shown here. */
  refusal: Refusal | Fault | null
}

/** Asks to type the name of a thing before it is deleted for good. */
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

/** Whether a refusal is about a wrongly typed name. */
export function isNameMismatch({ code }: Refusal | Fault): boolean {
  return code === 'INSTANCE_NAME_MISMATCH' || code === 'IMAGE_NAME_MISMATCH'
}
