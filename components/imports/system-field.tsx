'use client'

import { useTranslations } from 'next-intl'
import { useFieldError } from '@/components/shell/refusal-text'
import { Field, inputClass } from '@/components/ui/field'
import { asKnown, operatingSystemMax } from '@/lib/images/rules'
import type { Fault, Refusal } from '@/lib/result'

type SystemFieldProps = {
  value: string
  /** Suggestions: the operating systems of the account. */
  systems: string[]
  isForAll: boolean
  refusal: Refusal | Fault | null
  onChange: (operatingSystem: string) => void
}

/** The operating system, once for all files. A known one is spelled as on the account's other images. */
export function SystemField({ value, systems, isForAll, refusal, onChange }: SystemFieldProps) {
  const t = useTranslations()
  const fieldError = useFieldError(refusal)
  return (
    <Field
      id="operating-system"
      label={t('images.operatingSystem')}
      hint={t(isForAll ? 'import.operatingSystemHintAll' : 'import.operatingSystemHint')}
      error={fieldError('operatingSystem')}
    >
      {(control) => (
        <>
          <input
            {...control}
            required
            maxLength={operatingSystemMax}
            list="operating-systems"
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onBlur={() => onChange(asKnown(value, systems))}
            autoComplete="off"
            className={inputClass}
          />
          <datalist id="operating-systems">
            {systems.map((system) => (
              <option key={system} value={system} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  )
}
