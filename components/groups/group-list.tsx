import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import type { Group } from '@/lib/groups/schema'
import { paths } from '@/lib/paths'

/** The groups of a master account, each with its usernames. */
export function GroupList({ groups }: { groups: Group[] }) {
  const t = useTranslations('groups')
  return (
    <Card title={t('title')}>
      {groups.length === 0 ? (
        <EmptyState title={t('empty')}>{t('emptyText')}</EmptyState>
      ) : (
        <ul className="divide-y divide-line">
          {groups.map(({ id, name, usernames }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
              <div className="min-w-0 flex-1 basis-60">
                <p className="font-medium [overflow-wrap:anywhere]">{name}</p>
                <p className="text-ink-muted text-xs [overflow-wrap:anywhere]">{usernames.join(', ')}</p>
              </div>
              <Link href={paths.group(id)} aria-label={`${t('edit')}, ${name}`} className={buttonClass('secondary')}>
                {t('edit')}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
