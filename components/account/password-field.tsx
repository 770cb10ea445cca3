'use client'

import { Eye, EyeOff } from 'lucide'
import { useTranslations } from 'next-intl'
import { type Ref, useEffect, useState } from 'react'
import { classNames } from '@/components/ui/class-names'
import { Field, inputClass } from '@/components/ui/field'
import { Icon } from '@/components/ui/icon'

type PasswordFieldProps = {
  id: string
  label: string
  ref?: Ref<HTMLInputElement>
  name: string
  maxLength: number
  autoFocus?: boolean
  autoComplete: 'current-password' | 'new-password'
  /** Hides the password before the form is sent, so that the browser recognises the field. */
  isHidden: boolean
  hint?: string
  error?: string | undefined
}

/** A password field with a button that shows the password. Without scripts there is no button. */
export function PasswordField({ id, label, isHidden, hint, error, ...input }: PasswordFieldProps) {
  const t = useTranslations('account')
  const [isAlive, setAlive] = useState(false)
  const [isShown, setShown] = useState(false)
  useEffect(() => setAlive(true), [])
  const icon = isShown ? EyeOff : Eye
  return (
    <Field id={id} label={label} hint={hint} error={error}>
      {(control) => (
        <span className="relative block">
          <input
            {...control}
            {...input}
            type={isShown && !isHidden ? 'text' : 'password'}
            required
            autoCapitalize="none"
            spellCheck={false}
            className={classNames(inputClass, 'pr-10')}
          />
          <button
            type="button"
            hidden={!isAlive}
            aria-pressed={isShown}
            title={t('showPassword')}
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-0 right-0 inline-flex w-9 items-center justify-center rounded-control text-ink-muted hover:text-ink [&[hidden]]:hidden"
          >
            <Icon of={icon} className="size-4" />
            <span className="sr-only">{t('showPassword')}</span>
          </button>
        </span>
      )}
    </Field>
  )
}
