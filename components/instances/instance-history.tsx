'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import { TimelineItem } from '@/components/ui/timeline'
import type { EventItem } from '@/lib/events/schema'
import { instanceEventsQuery } from '@/lib/instances/queries'
import { isReasonCode } from '@/lib/instances/rules'
import { paths } from '@/lib/paths'

type InstanceHistoryProps = {
  region: string
  instanceId: string
  /** Shows the events before this one; undefined: from the newest on. */
  before: string | undefined
}

const linkClass = 'rounded-sm font-medium text-accent text-sm hover:underline'

/** The events of an instance, newest first, in pages. */
export function InstanceHistory({ region, instanceId, before }: InstanceHistoryProps) {
  const t = useTranslations('images')
  const { data } = useQuery(instanceEventsQuery(region, instanceId, before))
  const eventText = useEventText()
  if (!data) return null
  return (
    <Card
      title={t('history')}
      action={
        before !== undefined && (
          <Link href={paths.instanceHistory(region, instanceId)} scroll={false} className={linkClass}>
            {t('historyNewest')}
          </Link>
        )
      }
    >
      <ol className="px-4 py-3">
        {data.items.map((event) => (
          <TimelineItem key={event.id} at={event.at}>
            <p className="[overflow-wrap:anywhere]">{eventText(event)}</p>
          </TimelineItem>
        ))}
      </ol>
      {data.older !== null && (
        <p className="border-line border-t px-4 py-2">
          <Link href={paths.instanceHistory(region, instanceId, data.older)} scroll={false} className={linkClass}>
            {t('historyOlder')}
          </Link>
        </p>
      )}
    </Card>
  )
}

function useEventText(): (event: EventItem) => string {
  const t = useTranslations('events')
  const why = useWhy()
  return ({ action, by, details, ...event }) => {
    const actor = by === 'account' ? event.actor : t(`by.${by}`)
    const name = event.snapshot ?? ''
    const { from, to } = { from: String(details.from ?? ''), to: String(details.to ?? '') }
    switch (action) {
      case 'instance.create':
        return details.imageName
          ? t('instance.createFrom', { actor, image: String(details.imageName) })
          : t('instance.create', { actor })
      case 'instance.run':
        return t('instance.run')
      case 'instance.start':
        return t('instance.start', { actor })
      case 'instance.stop':
        return t(details.force ? 'instance.forceStop' : 'instance.stop', { actor })
      case 'instance.restart':
        return t('instance.restart', { actor })
      case 'instance.rebuild':
        return t('instance.rebuild', { actor })
      case 'instance.restore':
        return t('instance.restore', { actor })
      case 'instance.rename':
        return t('instance.rename', { actor, from, to })
      case 'instance.protect':
        return t(details.protected ? 'instance.protect' : 'instance.unprotect', { actor })
      case 'instance.type':
        return t('instance.type', { actor, from, to })
      case 'instance.fail':
        return why(details) ? t('instance.failBecause', { reason: why(details) }) : t('instance.fail')
      case 'instance.end':
        return why(details) ? t('instance.endBecause', { reason: why(details) }) : t('instance.end')
      case 'snapshot.create':
        return t('snapshot.create', { actor, name })
      case 'snapshot.available':
        return t('snapshot.available', { name })
      case 'snapshot.fail':
        return t('snapshot.fail', { name })
      case 'snapshot.delete':
        return t('snapshot.delete', { actor, name })
      case 'instance.terminate':
        return t('instance.terminate', { actor })
      default:
        return t('other', { actor, action })
    }
  }
}

/** Why an instance failed or stopped, from the event's details; empty if they do not say. */
function useWhy(): (details: EventItem['details']) => string {
  const t = useTranslations()
  return ({ reason }) => (typeof reason === 'string' && isReasonCode(reason) ? t(`instanceReasons.${reason}`) : '')
}
