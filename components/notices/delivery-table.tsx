'use client'

import { useQuery } from '@tanstack/react-query'
import { useFormatter, useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Badge, type Tone } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { resendDeliveryAction } from '@/lib/notices/actions'
import { webhookQuery } from '@/lib/notices/queries'
import { deliveryProblems } from '@/lib/notices/rules'
import type { DeliveryItem } from '@/lib/notices/schema'

const tones: Record<DeliveryItem['state'], Tone> = { waiting: 'neutral', delivered: 'ok', failed: 'danger' }

/** Recent deliveries to the webhook, with their outcome and a button to send each again. */
export function DeliveryTable() {
  const t = useTranslations('notices.webhook')
  const deliveries = useQuery(webhookQuery()).data?.deliveries ?? []
  return (
    <Card title={t('deliveries')} line={t('deliveriesLine')}>
      {deliveries.length === 0 ? (
        <EmptyState title={t('none')} />
      ) : (
        <ul className="divide-y divide-line">
          {deliveries.map((delivery) => (
            <Delivery key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function Delivery({ delivery: { id, kind, at, state, tries, answer } }: { delivery: DeliveryItem }) {
  const t = useTranslations('notices')
  const format = useFormatter()
  const problem = deliveryProblems.find((known) => known === answer)
  const name = `${t(`kinds.${kind}`)}, msg_${id}`
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="[overflow-wrap:anywhere]">{t(`kinds.${kind}`)}</p>
        <p className="flex flex-wrap gap-x-2 text-ink-muted text-xs [overflow-wrap:anywhere]">
          <time dateTime={at}>{format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })}</time>
          <span>{`msg_${id}`}</span>
          <span>{`${t('webhook.tries')}: ${tries}`}</span>
          {answer && <span>{`${t('webhook.answer')}: ${problem ? t(`webhook.problems.${problem}`) : answer}`}</span>}
        </p>
      </div>
      <Badge tone={tones[state]}>{t(`webhook.states.${state}`)}</Badge>
      {state !== 'waiting' && (
        <ActionForm
          name={`delivery ${id}`}
          action={resendDeliveryAction}
          fixed={{ deliveryId: id }}
          changes={['notices']}
          className="contents"
        >
          {({ isPending }) => (
            <Button kind="secondary" type="submit" isPending={isPending} aria-label={`${t('webhook.resend')}, ${name}`}>
              {t('webhook.resend')}
            </Button>
          )}
        </ActionForm>
      )}
    </li>
  )
}
