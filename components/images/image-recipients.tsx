'use client'

import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import { canImage } from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { recipientsMax } from '@/lib/shares/rules'

/** The recipients of an image, on its page. Sharing and cancelling happen on the share page. */
export function ImageRecipients({ region, image }: { region: string; image: OwnImage }) {
  const t = useTranslations('images')
  const format = useFormatter()
  const canBeShared = canImage('share', image.state)
  return (
    <Card
      title={`${t('whoHasIt')} ${image.recipients.length} / ${recipientsMax}`}
      action={
        canBeShared && (
          <Link
            href={paths.shareImage(region, image.id)}
            className="rounded-sm font-medium text-accent text-sm hover:underline"
          >
            {t('sharedImages')}
          </Link>
        )
      }
    >
      {image.recipients.length === 0 ? (
        <p className="px-4 py-3 text-ink-muted">{t(`nobodyHasIt.${image.state}`)}</p>
      ) : (
        <ul className="divide-y divide-line">
          {image.recipients.map((recipient) => (
            <li key={recipient.shareId} className="flex flex-wrap justify-between gap-x-4 px-4 py-2">
              <span className="min-w-0 [overflow-wrap:anywhere] font-medium">{recipient.username}</span>
              <time dateTime={recipient.sharedAt} className="text-ink-muted text-xs leading-5 tabular-nums">
                {format.dateTime(new Date(recipient.sharedAt), { dateStyle: 'medium', timeStyle: 'short' })}
              </time>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
