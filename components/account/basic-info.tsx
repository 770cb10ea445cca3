import { useFormatter, useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import { CopyButton } from '@/components/ui/copy-button'
import { DefinitionList } from '@/components/ui/definition-list'
import type { AccountInfo } from '@/lib/accounts/schema'

/** The viewer's account, above all the username that others share with. */
export function BasicInfo({ account }: { account: AccountInfo }) {
  const t = useTranslations('account')
  const images = useTranslations('images')
  const format = useFormatter()
  const isMaster = account.masterUsername === null
  const username = (
    <div>
      <span className="inline-flex items-center gap-1 font-medium">
        {account.username}
        <CopyButton
          text={account.username}
          label={t('copyUsername')}
          copiedLabel={images('copied')}
          failedLabel={images('copyFailed', { text: account.username })}
        />
      </span>
      <p className="text-ink-muted text-xs">
        {isMaster ? t('usernameHint') : t('usernameHintSub', { master: account.masterUsername ?? '' })}
      </p>
    </div>
  )
  return (
    <Card title={t('basicInfo')}>
      <DefinitionList
        items={[
          { term: t('username'), value: username },
          {
            term: t('accountType'),
            value: isMaster ? t('master') : t('sub', { master: account.masterUsername ?? '' }),
          },
          { term: t('accountId'), value: <span className="font-mono text-xs">{account.id}</span> },
          { term: t('displayName'), value: account.displayName || t('noEmail') },
          { term: t('email'), value: account.email || t('noEmail') },
          { term: t('registered'), value: format.dateTime(new Date(account.createdAt), { dateStyle: 'long' }) },
        ]}
      />
    </Card>
  )
}
