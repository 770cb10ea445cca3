'use client'

import { Field, inputClass } from '@/components/ui/field'
import { imageNameMax } from '@/lib/images/rules'

type NameFieldProps = { label: string; hint: string; error: string | undefined; typed: string }

/** The name of the new snapshot or image. */
export function NameField({ label, hint, error, typed }: NameFieldProps) {
  return (
    <Field id="new-name" label={label} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          name="name"
          required
          maxLength={imageNameMax}
          defaultValue={typed}
          autoComplete="off"
          className={inputClass}
        />
      )}
    </Field>
  )
}
