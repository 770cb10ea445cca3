'use client'

import { useTranslations } from 'next-intl'
import { Card } from '@/components/ui/card'
import { paths } from '@/lib/paths'
import { deleteSnapshotAction } from '@/lib/snapshots/actions'
import type { SnapshotStateName } from '@/lib/snapshots/rules'
import { useDeleteWords } from './delete-words'
import { SnapshotImageForm } from './make-image-form'
import type { SnapshotTask } from './snapshot-tasks'
import { TaskForm } from './task-form'

type SnapshotTaskPageProps = {
  task: SnapshotTask
  region: string
  snapshot: { id: string; name: string; state: SnapshotStateName }
  idempotencyKey: string
}

/** The dialog as a page, for browsers without scripts or before they have loaded. */
export function SnapshotTaskPage({ task, region, snapshot, idempotencyKey }: SnapshotTaskPageProps) {
  const t = useTranslations('snapshots')
  const words = useDeleteWords(snapshot.state)
  const { id, name } = snapshot
  if (task === 'createImage')
    return (
      <Card title={t('imageTitle', { name })}>
        <SnapshotImageForm
          region={region}
          snapshot={snapshot}
          place={{ in: 'page', leadsTo: paths.customImages(region), back: paths.snapshots(region), idempotencyKey }}
        />
      </Card>
    )
  return (
    <Card title={t('deleteTitle', { name })}>
      <TaskForm
        name={`delete ${id}`}
        action={deleteSnapshotAction}
        fixed={{ region, snapshotId: id }}
        changes={['snapshots', 'quotas']}
        place={{ in: 'page', leadsTo: paths.snapshots(region), back: paths.snapshots(region), idempotencyKey }}
        kind="danger"
        confirm={t('delete')}
        keep={t('keep')}
        done={t('deleteDone', { name })}
      >
        {() => words.map((text) => <p key={text}>{text}</p>)}
      </TaskForm>
    </Card>
  )
}
