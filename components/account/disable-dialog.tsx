'use client'

import { useTranslations } from 'next-intl'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { disableSubAccountAction } from '@/lib/accounts/actions'
import type { SubAccount } from '@/lib/accounts/schema-sub-accounts'
import { useAction } from '@/lib/use-action'

type DisableDialogProps = { account: SubAccount; onClose: () => void; onDone: () => void }

/** Asks before a sub-account is disabled and signed out. */
export function DisableDialog({ account: { id, username }, onClose, onDone }: DisableDialogProps) {
  const t = useTranslations('subAccounts')
  const { run, isPending, refusal } = useAction(disableSubAccountAction, { changes: ['accounts'] })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('disableTitle', { username })}
      confirmLabel={t('disable')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={() =>
        run({ accountId: id }, () => {
          onClose()
          onDone()
        })
      }
    >
      {refusal && <RefusalNotice refusal={refusal} />}
      <p>{t('disableText', { username })}</p>
    </ConfirmDialog>
  )
}
