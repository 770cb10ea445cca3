'use client'

import { useTranslations } from 'next-intl'
import type { InstanceSnapshotTask } from '@/components/instances/instance-tasks'
import { useOperationReason } from '@/components/instances/use-operations'
import { Card } from '@/components/ui/card'
import type { InstanceDetails } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { instanceForms } from './instance-forms'

type InstanceSnapshotPageProps = { task: InstanceSnapshotTask; instance: InstanceDetails; idempotencyKey: string }

/** The dialog as a page, for browsers without scripts or before they have loaded. */
export function InstanceSnapshotPage({ task, instance, idempotencyKey }: InstanceSnapshotPageProps) {
  const t = useTranslations('snapshots')
  const reason = useOperationReason()(task, instance)
  const { region, id, name } = instance
  const back = paths.instance(region, id)
  const leadsTo = task === 'restore' ? back : paths.instanceSnapshots(region, id)
  const Form = instanceForms[task]
  return (
    <Card title={t(`${task}Title`, { name })}>
      <Form
        region={region}
        instance={instance}
        disabledReason={reason}
        place={{ in: 'page', leadsTo, back, idempotencyKey }}
      />
    </Card>
  )
}
