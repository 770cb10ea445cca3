'use client'

import { useQuery } from '@tanstack/react-query'
import { Settings } from 'lucide'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { PageHeader } from '@/components/shell/page-header'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { classNames } from '@/components/ui/class-names'
import { EmptyState } from '@/components/ui/empty-state'
import { Icon } from '@/components/ui/icon'
import { Pager } from '@/components/ui/pager'
import { markNoticesReadAction } from '@/lib/notices/actions'
import { noticesQuery } from '@/lib/notices/queries'
import type { NoticeParams } from '@/lib/notices/schema'
import { paths } from '@/lib/paths'
import { NoticeLine } from './notice-line'

/** The notices of the viewer, newest first. */
export function NoticePage({ list }: { list: NoticeParams }) {
  const t = useTranslations('notices')
  const { data } = useQuery(noticesQuery(list))
  const items = data?.items ?? []
  const [newest] = items
  const hasPages = data && (data.next !== null || data.prev !== null)
  return (
    <main id="content" className="flex min-w-0 max-w-240 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title') }]}
        title={t('title')}
        line={t('line')}
        actions={
          <>
            <MarkAllRead upTo={newest?.id ?? null} hasUnread={items.some(({ isRead }) => !isRead)} />
            <Link href={paths.noticeSettings()} className={buttonClass('secondary')}>
              <Icon of={Settings} className="size-4" />
              {t('settings')}
            </Link>
          </>
        }
      />
      <Filter list={list} />
      <section aria-label={t('title')} className="min-w-0 rounded-card border border-line bg-surface-raised">
        {items.length === 0 ? (
          <EmptyState title={list.show === 'unread' ? t('emptyUnread') : t('empty')}>{t('emptyText')}</EmptyState>
        ) : (
          <ul className="divide-y divide-line">
            {items.map((notice) => (
              <NoticeLine key={notice.id} notice={notice} />
            ))}
          </ul>
        )}
        {hasPages && (
          <Pager
            label={t('pages')}
            previousLabel={t('newer')}
            nextLabel={t('older')}
            previous={data.prev ? paths.notices({ show: list.show, before: data.prev }) : null}
            next={data.next ? paths.notices({ show: list.show, after: data.next }) : null}
            range=""
            size={null}
          />
        )}
      </section>
    </main>
  )
}

/** Marks as read up to the newest notice on the page: later ones have not been seen. */
function MarkAllRead({ upTo, hasUnread }: { upTo: string | null; hasUnread: boolean }) {
  const t = useTranslations('notices')
  return (
    <ActionForm
      name="notices"
      action={markNoticesReadAction}
      fixed={{ upTo: upTo ?? '' }}
      changes={['notices']}
      className="contents"
    >
      {({ isPending }) => (
        <Button
          kind="secondary"
          type="submit"
          isPending={isPending}
          disabledReason={hasUnread ? null : t('nothingUnread')}
        >
          {t('markAllRead')}
        </Button>
      )}
    </ActionForm>
  )
}

function Filter({ list }: { list: NoticeParams }) {
  const t = useTranslations('notices')
  return (
    <nav aria-label={t('filter')} className="flex flex-wrap gap-1">
      {(['all', 'unread'] as const).map((show) => (
        <Link
          key={show}
          href={paths.notices({ show })}
          aria-current={show === list.show ? 'true' : undefined}
          className={classNames(
            'flex min-h-8 items-center rounded-full border border-line px-3 text-sm hover:bg-surface-hover',
            'aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent',
          )}
        >
          {t(`show.${show}`)}
        </Link>
      ))}
    </nav>
  )
}
