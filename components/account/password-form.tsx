'use client'

import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { changePasswordAction } from '@/lib/accounts/actions'
import { passwordMax } from '@/lib/accounts/rules'

/** Changes the viewer's own password and ends its other sessions. */
export function PasswordForm() {
  const t = useTranslations('account')
  return (
    <Card title={t('password')} line={t('passwordText')}>
      <ActionForm
        name="password"
        action={changePasswordAction}
        changes={[]}
        className="flex max-w-140 flex-col gap-3 p-4"
      >
        {({ isPending, done, errorOf }) => (
          <>
            <Field id="current-password" label={t('currentPassword')} error={errorOf('currentPassword')}>
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
            <Field id="new-password" label={t('newPassword')} hint={t('passwordHint')} error={errorOf('newPassword')}>
              {(control) => (
                <input
                  {...control}
                  name="newPassword"
                  type="password"
                  required
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
                {done ? t('passwordChanged', { count: done.sessionsEnded }) : ''}
              </p>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
