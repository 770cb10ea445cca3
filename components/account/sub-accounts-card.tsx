import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { paths } from '@/lib/paths'

/** The way from Account Info to the sub-accounts, for the master alone. */
export function SubAccountsCard() {
  const t = useTranslations('subAccounts')
  const link = (
    <Link href={paths.subAccounts()} className={buttonClass('secondary')}>
      {t('manage')}
    </Link>
  )
  return (
    <Card title={t('title')} line={t('line')} action={link}>
      {null}
    </Card>
  )
}
