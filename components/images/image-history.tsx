'use client'

import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { TimelineItem } from '@/components/ui/timeline'
import { operationsOf } from '@/lib/events/rules'
import type { EventItem } from '@/lib/events/schema'
import type { HeldImage, OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'

/** Two events need no more lines than their folded form, so they are folded only if their sentences are equal. */
const foldedFrom = 3

type ImageHistoryProps = {
  image: OwnImage | HeldImage
  /** Shows the events before this one; undefined: from the newest on. */
  before: string | undefined
}

/**
 * The events of an image as a timeline, newest first, in pages. An operation on many accounts is one line that opens. A
 * recipient sees only events of its own share.
 */
export function ImageHistory({ image, before }: ImageHistoryProps) {
  const t = useTranslations('images')
  const { items, older } = image.events
  const operations = operationsOf(items).flatMap((operation) =>
    isFolded(operation) ? [operation] : operation.map((event) => [event]),
  )
  const linkClass = 'rounded-sm font-medium text-accent text-sm hover:underline'
  return (
    <Card
      title={t('history')}
      action={
        before !== undefined && (
          <Link href={paths.image(image.regionId, image.id)} scroll={false} className={linkClass}>
            {t('historyNewest')}
          </Link>
        )
      }
    >
      <ol className="px-4 py-3">
        {operations.map((operation) => (
          <Operation key={operation[0]?.id} events={operation} isHeld={image.view === 'recipient'} />
        ))}
      </ol>
      {older !== null && (
        <p className="border-line border-t px-4 py-2">
          <Link href={paths.image(image.regionId, image.id, older)} scroll={false} className={linkClass}>
            {t('historyOlder')}
          </Link>
        </p>
      )}
    </Card>
  )
}

function isFolded(operation: EventItem[]): boolean {
  const isOfImage = operation[0]?.action.startsWith('image.')
  return (isOfImage || operation.length >= foldedFrom) && operation.every(({ recipient }) => recipient !== null)
}

function Operation({ events, isHeld }: { events: EventItem[]; isHeld: boolean }) {
  const textOf = useOperationText(isHeld)
  const [event] = events
  if (!event) return null
  return (
    <TimelineItem at={event.at}>
      {events.length === 1 ? (
        <p className="[overflow-wrap:anywhere]">{textOf(events)}</p>
      ) : (
        <details>
          <summary className="w-fit max-w-full rounded-sm [overflow-wrap:anywhere] hover:text-accent">
            {textOf(events)}
          </summary>
          <ul className="my-1 flex flex-wrap gap-1.5">
            {events.map(({ id, recipient }) => (
              <li key={id} className="max-w-full truncate rounded-full bg-surface-hover px-2 text-xs">
                {recipient}
              </li>
            ))}
          </ul>
        </details>
      )}
    </TimelineItem>
  )
}

/** An operation as a sentence. An operation with several events is about several accounts, and says how many. */
function useOperationText(isHeld: boolean): (events: EventItem[]) => string {
  const t = useTranslations('events')
  const eventText = useEventText(isHeld)
  return (events) => {
    const [event] = events
    if (!event) return ''
    const { action, by, actor } = event
    const facts = { actor: by === 'account' ? actor : t(`by.${by}`), count: events.length }
    if (events.length > 1 && action === 'share.create') return t('share.createMany', facts)
    if (events.length > 1 && action === 'share.cancel') return t('share.cancelMany', facts)
    return eventText(event)
  }
}

function useExtendText(isHeld: boolean) {
  const t = useTranslations('events')
  const format = useFormatter()
  return (facts: { actor: string; recipient: string }, end: string | number | undefined) => {
    if (!end) return t(isHeld ? 'share.extendForEverHeld' : 'share.extendForEver', facts)
    const until = format.dateTime(new Date(end), { dateStyle: 'medium', timeStyle: 'short' })
    return t(isHeld ? 'share.extendHeld' : 'share.extend', { ...facts, until })
  }
}

function useEventText(isHeld: boolean): (event: EventItem) => string {
  const t = useTranslations('events')
  const regionName = useRegionName()
  const extendText = useExtendText(isHeld)
  return ({ action, by, recipient, details, ...event }) => {
    const actor = by === 'account' ? event.actor : t(`by.${by}`)
    const facts = { actor, recipient: recipient ?? '' }
    switch (action) {
      case 'image.import':
        return t('image.import', facts)
      case 'image.make':
        return t('image.make', { actor, from: String(details.from ?? '') })
      case 'image.check':
        return t('image.check', facts)
      case 'image.findings':
        return t('image.findings', { count: Number(details.critical ?? 0) + Number(details.high ?? 0) })
      case 'finding.ignore':
        return t('finding.ignore', { actor, rule: String(details.rule ?? ''), reason: String(details.reason ?? '') })
      case 'finding.count':
        return t('finding.count', { actor, rule: String(details.rule ?? '') })
      case 'image.available':
        return t('image.available')
      case 'image.fail':
        return t('image.fail')
      case 'image.update':
        return t('image.update', facts)
      case 'image.tag':
        return t('image.tag', facts)
      case 'image.delete':
        return t('image.delete', facts)
      case 'image.protect':
        return t('image.protect', facts)
      case 'image.unprotect':
        return t('image.unprotect', facts)
      case 'image.deprecate':
        return t('image.deprecate', facts)
      case 'image.undeprecate':
        return t('image.undeprecate', facts)
      case 'image.restore':
        return t('image.restore', facts)
      case 'image.purge':
        return t('image.purge', facts)
      case 'image.copy':
        return details.to
          ? t('image.copy', { actor, to: String(details.to), region: regionName(String(details.toRegion)) })
          : t('image.copyFrom', { actor, from: String(details.from) })
      case 'image.copied':
        return details.wasThere ? t('image.copiedWasThere') : t('image.copied')
      case 'image.clean':
        return details.to
          ? t('image.clean', { actor, to: String(details.to) })
          : t('image.cleanFrom', { actor, from: String(details.from) })
      case 'image.cleaned':
        return t('image.cleaned')
      case 'share.create':
        if (isHeld) return t('share.createHeld', facts)
        if (details.status === 'PENDING') return t('share.createAsks', facts)
        return details.reason
          ? t('share.createAnyway', { ...facts, reason: String(details.reason) })
          : t('share.create', facts)
      case 'share.cancel':
        return details.by === 'recipient' ? t('share.giveBack', facts) : t('share.cancel', facts)
      case 'share.accept':
        return t(isHeld ? 'share.acceptHeld' : 'share.accept', facts)
      case 'share.decline':
        return t('share.decline', facts)
      case 'share.extend':
        return extendText(facts, details.until)
      case 'share.ending':
        return t('share.ending', { ...facts, days: Number(details.days ?? 1) })
      case 'share.expire':
        return t('share.expire', facts)
      case 'share.lapse':
        return t('share.lapse', facts)
      default:
        return t('other', { actor, action })
    }
  }
}
