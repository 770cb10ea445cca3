'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useOperationReason } from '@/components/instances/use-operations'
import { Button } from '@/components/ui/button'
import { instanceQuery } from '@/lib/instances/queries'
import { isTerminated } from '@/lib/instances/rules'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import type { SnapshotListParams } from '@/lib/snapshots/schema'
import { SnapshotTable } from './snapshot-table'

const InstanceSnapshotDialog = dynamic(
  () => latePart(() => import('./instance-snapshot-dialog').then((module) => module.InstanceSnapshotDialog)),
  { ssr: false },
)

type InstanceSnapshotsProps = { region: string; instanceId: string; list: SnapshotListParams }

/** The tab "Snapshots" of an instance: its snapshots, and a button to create one. */
export function InstanceSnapshots({ region, instanceId, list }: InstanceSnapshotsProps) {
  const t = useTranslations('snapshots')
  const { data } = useQuery(instanceQuery(region, instanceId))
  const reasonOf = useOperationReason()
  const [isAsked, setAsked] = useState(false)
  if (!data) return null
  return (
    <>
      {!isTerminated(data.state) && (
        <div>
          <Button
            kind="primary"
            disabledReason={reasonOf('createSnapshot', data)}
            href={paths.instanceTask(region, instanceId, 'createSnapshot')}
            onClick={() => setAsked(true)}
          >
            {t('create')}
          </Button>
        </div>
      )}
      <SnapshotTable list={list} />
      {isAsked && (
        <InstanceSnapshotDialog task="createSnapshot" region={region} instance={data} onClose={() => setAsked(false)} />
      )}
    </>
  )
}
