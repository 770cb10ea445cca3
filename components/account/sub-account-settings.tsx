'use client'

import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Status } from '@/components/ui/status'
import {
  attachSubAccountPoliciesAction,
  disableSubAccountAction,
  enableSubAccountAction,
  resetSubAccountPasswordAction,
} from '@/lib/accounts/actions'
import { subAccountsQuery } from '@/lib/accounts/queries'
import { passwordMax } from '@/lib/accounts/rules'
import type { SubAccount } from '@/lib/accounts/schema-sub-accounts'
import { GrantsField, tickedOf } from './grants-field'
import { PasswordField } from './password-field'

const changes = ['accounts' as const]

/** The settings of one sub-account that its master can change: one form each, which works without scripts. */
export function SubAccountSettings({ id }: { id: string }) {
  const { data = [] } = useQuery(subAccountsQuery())
  const account = data.find((one) => one.id === id)
  if (!account) return null
  return (
    <>
      <Policies account={account} />
      <NewPassword account={account} />
      <Access account={account} />
    </>
  )
}

function Policies({ account: { id, username, grants } }: { account: SubAccount }) {
  const t = useTranslations('subAccounts')
  const ticked = tickedOf(grants)
  return (
    <Card title={t('attach')} line={t('policiesLine', { username })}>
      <ActionForm
        name={`policies ${id}`}
        action={attachSubAccountPoliciesAction}
        fixed={{ accountId: id }}
        changes={changes}
        className="flex flex-col gap-3 p-4"
      >
        {(view) => (
          <>
            {/* React resets a form to its default values after its action: these are the current policies. */}
            <GrantsField
              key={ticked.join()}
              ticked={view.refusal ? view.typedList('grants') : ticked}
              error={view.errorOf('grants')}
            />
            <div className="flex flex-wrap items-center gap-3">
              <Button kind="primary" type="submit" isPending={view.isPending}>
                {t('attach')}
              </Button>
              <Status>{view.done && t('attached')}</Status>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}

function NewPassword({ account: { id, username } }: { account: SubAccount }) {
  const t = useTranslations('subAccounts')
  const account = useTranslations('account')
  return (
    <div id="password" className="scroll-mt-16">
      <Card title={t('resetPassword')} line={t('resetLine', { username })}>
        <ActionForm
          name={`password ${id}`}
          action={resetSubAccountPasswordAction}
          fixed={{ accountId: id }}
          changes={changes}
          className="flex max-w-140 flex-col gap-3 p-4"
        >
          {(view) => (
            <>
              <PasswordField
                id="new-password"
                label={account('newPassword')}
                hint={t('passwordHint', { rule: account('passwordHint') })}
                error={view.errorOf('newPassword')}
                name="newPassword"
                maxLength={4 * passwordMax}
                autoComplete="new-password"
                isHidden={view.isPending}
              />
              <div className="flex flex-wrap items-center gap-3">
                <Button kind="primary" type="submit" isPending={view.isPending}>
                  {t('resetPassword')}
                </Button>
                <Status>{view.done && t('passwordReset', { username })}</Status>
              </div>
            </>
          )}
        </ActionForm>
      </Card>
    </div>
  )
}

function Access({ account: { id, username, isDisabled } }: { account: SubAccount }) {
  const t = useTranslations('subAccounts')
  return (
    <div id="access" className="scroll-mt-16">
      <Card title={t('access')}>
        <ActionForm
          key={String(isDisabled)}
          name={`access ${id}`}
          action={isDisabled ? enableSubAccountAction : disableSubAccountAction}
          fixed={{ accountId: id }}
          changes={changes}
          className="flex flex-col items-start gap-3 p-4 text-sm [overflow-wrap:anywhere]"
        >
          {({ isPending }) => (
            <>
              <p role="status">{t(isDisabled ? 'disabledText' : 'disableText', { username })}</p>
              <Button kind={isDisabled ? 'primary' : 'danger'} type="submit" isPending={isPending}>
                {t(isDisabled ? 'enable' : 'disable')}
              </Button>
            </>
          )}
        </ActionForm>
      </Card>
    </div>
  )
}
