'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { ListTime } from '@/components/images/list-time'
import { ActionForm } from '@/components/shell/action-form'
import { RowName } from '@/components/shell/row-name'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Ellipsis } from '@/components/ui/ellipsis'
import { EmptyState } from '@/components/ui/empty-state'
import { Status } from '@/components/ui/status'
import { type Column, Table } from '@/components/ui/table'
import { enableSubAccountAction } from '@/lib/accounts/actions'
import { subAccountsQuery } from '@/lib/accounts/queries'
import type { SubAccount } from '@/lib/accounts/schema-sub-accounts'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { useGrantText } from './grant-text'

const DisableDialog = dynamic(() => latePart(() => import('./disable-dialog').then((module) => module.DisableDialog)), {
  ssr: false,
})

type Change = { username: string; isDisabled: boolean }

/** The viewer's sub-accounts with policies, last sign-in and operations. */
export function SubAccountTable() {
  const t = useTranslations('subAccounts')
  const { data } = useQuery(subAccountsQuery())
  const [disabling, setDisabling] = useState<SubAccount | null>(null)
  const [changed, setChanged] = useState<Change | null>(null)
  const columns = useColumns(setDisabling, setChanged)
  if (!data) return null
  return (
    <section className="rounded-card border border-line bg-surface-raised">
      <Status className="px-4 py-2">
        {changed && t(changed.isDisabled ? 'isDisabled' : 'isEnabled', { username: changed.username })}
      </Status>
      <Table
        caption={t('title')}
        columns={columns}
        rows={data}
        rowKey={({ id }) => id}
        empty={<EmptyState title={t('empty')}>{t('emptyText')}</EmptyState>}
      />
      {disabling && (
        <DisableDialog
          account={disabling}
          onClose={() => setDisabling(null)}
          onDone={() => setChanged({ username: disabling.username, isDisabled: true })}
        />
      )}
    </section>
  )
}

function useColumns(
  onDisable: (account: SubAccount) => void,
  onChanged: (change: Change) => void,
): Column<SubAccount>[] {
  const t = useTranslations('subAccounts')
  const grantText = useGrantText()
  return [
    {
      id: 'login',
      header: t('loginName'),
      cell: ({ id, username }) => <RowName id={null} name={username} href={paths.subAccount(id)} />,
    },
    {
      id: 'displayName',
      header: t('displayName'),
      isWideOnly: true,
      cell: ({ displayName }) => <Ellipsis text={displayName} className="@min-[794px]/table-room:max-w-40" />,
    },
    {
      id: 'policies',
      header: t('policies'),
      cell: ({ grants }) =>
        grants.length === 0 ? (
          <span className="text-ink-muted">{t('noPolicies')}</span>
        ) : (
          <ul className="whitespace-normal @min-[1140px]/table-room:max-w-48 @min-[794px]/table-room:max-w-32">
            {grants.map((grant) => (
              <li key={grant.policy}>{grantText(grant)}</li>
            ))}
          </ul>
        ),
    },
    {
      id: 'lastSignIn',
      header: t('lastSignIn'),
      cell: ({ lastSignInAt }) =>
        lastSignInAt ? <ListTime at={lastSignInAt} isShort /> : <span className="text-ink-muted">{t('noSignIn')}</span>,
    },
    {
      id: 'state',
      header: t('state'),
      card: 'corner',
      cell: ({ isDisabled }) => (
        <Badge tone={isDisabled ? 'neutral' : 'ok'}>{t(isDisabled ? 'disabled' : 'enabled')}</Badge>
      ),
    },
    {
      id: 'operation',
      header: t('operation'),
      card: 'foot',
      cell: (account) => <Operations account={account} onDisable={onDisable} onChanged={onChanged} />,
    },
  ]
}

type OperationsProps = {
  account: SubAccount
  onDisable: (account: SubAccount) => void
  onChanged: (change: Change) => void
}

function Operations({ account, onDisable, onChanged }: OperationsProps) {
  const t = useTranslations('subAccounts')
  const { id, username, isDisabled } = account
  return (
    <div className="row-operations">
      <Link href={paths.subAccount(id)} aria-label={`${t('attach')}, ${username}`} className={buttonClass('text')}>
        {t('attach')}
      </Link>
      <Link
        href={paths.subAccount(id, '#password')}
        aria-label={`${t('resetPassword')}, ${username}`}
        className={buttonClass('text')}
      >
        {t('resetPassword')}
      </Link>
      {isDisabled ? (
        <ActionForm
          name={`enable ${id}`}
          action={enableSubAccountAction}
          fixed={{ accountId: id }}
          changes={['accounts']}
          onDone={() => onChanged({ username, isDisabled: false })}
          className="contents"
        >
          {({ isPending }) => (
            <Button kind="text" type="submit" isPending={isPending} aria-label={`${t('enable')}, ${username}`}>
              {t('enable')}
            </Button>
          )}
        </ActionForm>
      ) : (
        <Button
          kind="text-danger"
          aria-label={`${t('disable')}, ${username}`}
          href={paths.subAccount(id, '#access')}
          onClick={() => onDisable(account)}
        >
          {t('disable')}
        </Button>
      )}
    </div>
  )
}
