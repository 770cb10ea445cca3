import {
  Archive,
  type Bell,
  Check,
  CircleAlert,
  Clock,
  HardDrive,
  Hourglass,
  KeyRound,
  Share2,
  ShieldAlert,
  X,
} from 'lucide'
import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { useRegionName } from '@/components/shell/current-region'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { Icon } from '@/components/ui/icon'
import { markNoticesReadAction } from '@/lib/notices/actions'
import type { NoticeKind } from '@/lib/notices/rules'
import type { NoticeItem } from '@/lib/notices/schema'
import { useAction } from '@/lib/use-action'
import { noticeHref, useNoticeText } from './notice-text'

const icons: Record<NoticeKind, typeof Bell> = {
  'share.received': Share2,
  'share.accepted': Check,
  'share.declined': X,
  'share.cancelled': X,
  'share.ending': Hourglass,
  'share.expired': Clock,
  'image.findings': ShieldAlert,
  'image.deprecated': Archive,
  'image.ready': HardDrive,
  'image.failed': CircleAlert,
  'session.place': KeyRound,
}

const changes = ['notices' as const]

/** One notice: what happened, when and where, with a link to its resource. Following the link marks it as read. */
export function NoticeLine({ notice }: { notice: NoticeItem }) {
  const t = useTranslations('notices')
  const format = useFormatter()
  const regionName = useRegionName()
  const text = useNoticeText()(notice)
  const { run } = useAction(markNoticesReadAction, { changes })
  const href = noticeHref(notice)
  const { id, at, kind, isRead, regionId, details } = notice
  return (
    <li className={classNames('flex items-start gap-3 px-4 py-3', !isRead && 'bg-accent-soft')}>
      <Icon of={icons[kind]} className="mt-0.5 size-4 shrink-0 text-ink-muted" />
      <div className="flex min-w-0 flex-1 flex-wrap items-start gap-x-4 gap-y-1">
        <div className="min-w-0 flex-1 basis-60">
          <p className={classNames('[overflow-wrap:anywhere]', !isRead && 'font-medium')}>
            {href ? (
              <Link
                href={href}
                className="rounded-sm hover:text-accent hover:underline"
                onClick={() => !isRead && run({ id })}
              >
                {text}
              </Link>
            ) : (
              text
            )}
          </p>
          {typeof details.note === 'string' && details.note !== '' && (
            <p className="text-ink-muted text-sm [overflow-wrap:anywhere]">{details.note}</p>
          )}
          <p className="flex flex-wrap items-center gap-x-2 text-ink-muted text-xs">
            <time dateTime={at}>{format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })}</time>
            {regionId && <span>{regionName(regionId)}</span>}
          </p>
        </div>
        {!isRead && (
          <div className="flex items-center gap-2">
            <Badge tone="accent">{t('unread')}</Badge>
            <MarkRead id={id} text={text} />
          </div>
        )}
      </div>
    </li>
  )
}

function MarkRead({ id, text }: { id: string; text: string }) {
  const t = useTranslations('notices')
  return (
    <ActionForm
      name={`notice ${id}`}
      action={markNoticesReadAction}
      fixed={{ id }}
      changes={changes}
      className="contents"
    >
      {({ isPending }) => (
        <Button kind="secondary" type="submit" isPending={isPending} aria-label={`${t('markRead')}, ${text}`}>
          {t('markRead')}
        </Button>
      )}
    </ActionForm>
  )
}
