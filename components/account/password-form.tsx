'use client'

import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { useFieldError, useRefusalText } from '@/components/shell/refusal-text'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { Notice } from '@/components/ui/notice'
import { changePasswordAction } from '@/lib/accounts/actions'
import { passwordMax, passwordMin } from '@/lib/accounts/rules'
import { useAction } from '@/lib/use-action'

/** Changes the viewer's own password and ends its other sessions. */
export function PasswordForm() {
  const t = useTranslations('account')
  const refusalText = useRefusalText()
  const { run, isPending, refusal } = useAction(changePasswordAction, { changes: [] })
  const fieldError = useFieldError(refusal)
  const [sessionsEnded, setSessionsEnded] = useState<number | null>(null)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isPending) return
    const form = event.currentTarget
    const field = (name: string) => String(new FormData(form).get(name) ?? '')
    setSessionsEnded(null)
    run({ currentPassword: field('currentPassword'), newPassword: field('newPassword') }, (done) => {
      setSessionsEnded(done.sessionsEnded)
      form.reset()
    })
  }
  const isWrong = refusal?.code === 'PASSWORD_WRONG'
  return (
    <Card title={t('password')} line={t('passwordText')}>
      <form onSubmit={submit} className="flex max-w-140 flex-col gap-3 p-4">
        {refusal && !isWrong && refusal.code !== 'INVALID_INPUT' && (
          <Notice tone="danger">{refusalText(refusal)}</Notice>
        )}
        <Field
          id="current-password"
          label={t('currentPassword')}
          error={isWrong ? refusalText(refusal) : fieldError('currentPassword')}
        >
          {(control) => (
            <input
              {...control}
              name="currentPassword"
              type="password"
              required
              maxLength={passwordMax}
              autoComplete="current-password"
              className={inputClass}
            />
          )}
        </Field>
        <Field id="new-password" label={t('newPassword')} hint={t('passwordHint')} error={fieldError('newPassword')}>
          {(control) => (
            <input
              {...control}
              name="newPassword"
              type="password"
              required
              minLength={passwordMin}
              maxLength={passwordMax}
              autoComplete="new-password"
              className={inputClass}
            />
          )}
        </Field>
        <div className="flex flex-wrap items-center gap-3">
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('changePassword')}
          </Button>
          <p role="status" className="text-ok text-sm">
            {sessionsEnded === null ? '' : t('passwordChanged', { count: sessionsEnded })}
          </p>
        </div>
      </form>
    </Card>
  )
}
