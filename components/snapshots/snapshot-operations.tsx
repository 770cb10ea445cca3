'use client'

import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { paths } from '@/lib/paths'
import { canSnapshot } from '@/lib/snapshots/rules'
import type { SnapshotItem } from '@/lib/snapshots/schema'
import type { SnapshotTask } from './snapshot-tasks'

type SnapshotOperationsProps = { region: string; snapshot: SnapshotItem; onAsk: (task: SnapshotTask) => void }

/** The operations on a snapshot in its row. Unavailable ones stay visible with their reason. */
export function SnapshotOperations({ region, snapshot: { id, name, state }, onAsk }: SnapshotOperationsProps) {
  const t = useTranslations('snapshots')
  const may = useMay()
  return (
    <div className="row-operations">
      {may('images.change', region) && (
        <Button
          kind="text"
          aria-label={`${t('createImage')}, ${name}`}
          disabledReason={canSnapshot('createImage', state) ? null : t('onlyAvailable')}
          href={paths.snapshotTask(region, id, 'createImage')}
          onClick={() => onAsk('createImage')}
        >
          {t('createImage')}
        </Button>
      )}
      <Button
        kind="text-danger"
        aria-label={`${t('delete')}, ${name}`}
        href={paths.snapshotTask(region, id, 'delete')}
        onClick={() => onAsk('delete')}
      >
        {t('delete')}
      </Button>
    </div>
  )
}
