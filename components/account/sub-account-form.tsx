'use client'

import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { FormButtons } from '@/components/shell/form-buttons'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { createSubAccountAction } from '@/lib/accounts/actions'
import { displayNameMax, passwordMax, usernameMax } from '@/lib/accounts/rules'
import { paths } from '@/lib/paths'
import { GrantsField } from './grants-field'
import { PasswordField } from './password-field'

/** Creates a sub-account of the viewer. The master types its password and hands it over. */
export function SubAccountForm({ master, idempotencyKey }: { master: string; idempotencyKey: string }) {
  const t = useTranslations('subAccounts')
  const account = useTranslations('account')
  return (
    <Card title={t('create')}>
      <ActionForm
        name="create sub-account"
        action={createSubAccountAction}
        idempotencyKey={idempotencyKey}
        changes={['accounts']}
        leadsTo={paths.subAccounts()}
        className="flex flex-col gap-3 p-4"
      >
        {(view) => (
          <>
            <div className="flex max-w-140 flex-col gap-3">
              <Text
                view={view}
                name="login"
                label={t('loginName')}
                hint={t('loginHint', { master })}
                isRequired
                maxLength={usernameMax}
              />
              <Text
                view={view}
                name="displayName"
                label={t('displayName')}
                hint={t('displayNameHint')}
                maxLength={displayNameMax}
              />
              <PasswordField
                id="new-password"
                label={t('password')}
                hint={t('passwordHint', { rule: account('passwordHint') })}
                error={view.errorOf('newPassword')}
                name="newPassword"
                maxLength={4 * passwordMax}
                autoComplete="new-password"
                isHidden={view.isPending}
              />
            </div>
            <GrantsField ticked={view.typedList('grants')} error={view.errorOf('grants')} />
            <FormButtons
              submit={t('create')}
              isPending={view.isPending}
              back={{ href: paths.subAccounts(), label: t('discard'), discard: view.discard }}
            />
          </>
        )}
      </ActionForm>
    </Card>
  )
}

type TextProps<T> = {
  view: FormView<T>
  name: 'login' | 'displayName'
  label: string
  hint: ReactNode
  isRequired?: true
  maxLength: number
}

function Text<T>({ view, name, label, hint, isRequired, maxLength }: TextProps<T>) {
  return (
    <Field id={name} label={label} hint={hint} error={view.errorOf(name)}>
      {(control) => (
        <input
          {...control}
          name={name}
          required={isRequired}
          maxLength={maxLength}
          defaultValue={view.typed(name)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          className={inputClass}
        />
      )}
    </Field>
  )
}
