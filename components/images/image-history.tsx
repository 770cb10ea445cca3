'use client'

import { useFormatter, useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import type { ImageEvent } from '@/lib/images/schema'

/** What happened to an image, newest first, as a timeline. A recipient sees only what concerns its own share. */
export function ImageHistory({ events, isHeld }: { events: ImageEvent[]; isHeld: boolean }) {
  const t = useTranslations('images')
  const format = useFormatter()
  const eventText = useEventText(isHeld)
  return (
    <Card title={t('history')}>
      <ol className="px-4 py-3">
        {events.map((event) => (
          <li key={event.id} className="relative border-line border-l pb-3 pl-4 last:border-transparent last:pb-0">
            <span
              aria-hidden
              className="absolute top-1.5 -left-[4.5px] size-2 rounded-full border border-transparent bg-line-strong ring-4 ring-surface-raised"
            />
            <p className="[overflow-wrap:anywhere]">{eventText(event)}</p>
            <time dateTime={event.at} className="text-ink-muted text-xs tabular-nums">
              {format.dateTime(new Date(event.at), { dateStyle: 'medium', timeStyle: 'medium' })}
            </time>
          </li>
        ))}
      </ol>
    </Card>
  )
}

function useEventText(isHeld: boolean): (event: ImageEvent) => string {
  const t = useTranslations('events')
  return ({ action, actor, recipient, details }) => {
    const facts = { actor, recipient: recipient ?? '' }
    switch (action) {
      case 'image.import':
        return t('image.import', facts)
      case 'image.available':
        return t('image.available')
      case 'image.fail':
        return t('image.fail')
      case 'image.update':
        return t('image.update', facts)
      case 'image.delete':
        return t('image.delete', facts)
      case 'image.restore':
        return t('image.restore', facts)
      case 'image.purge':
        return t('image.purge', facts)
      case 'image.copy':
        return details.to
          ? t('image.copy', { actor, to: String(details.to), region: String(details.toRegion) })
          : t('image.copyFrom', { actor, from: String(details.from) })
      case 'image.copied':
        return details.wasThere ? t('image.copiedWasThere') : t('image.copied')
      case 'share.create':
        return isHeld ? t('share.createHeld', facts) : t('share.create', facts)
      case 'share.cancel':
        return details.by === 'recipient' ? t('share.giveBack', facts) : t('share.cancel', facts)
      default:
        return t('other', { actor, action })
    }
  }
}
