'use client'

import { useQuery } from '@tanstack/react-query'
import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { Field, selectClass } from '@/components/ui/field'
import { formatBytes } from '@/lib/format'
import { restoreInstanceAction } from '@/lib/instances/actions'
import { restorableOf, snapshotsQuery } from '@/lib/snapshots/queries'
import type { InstanceFormProps } from './create-snapshot-form'
import { TaskForm } from './task-form'

/** Restores the disk of a stopped instance from one of its snapshots. */
export function RestoreForm({ region, instance: { id, name }, place, disabledReason }: InstanceFormProps) {
  const t = useTranslations('snapshots')
  const locale = useLocale()
  const format = useFormatter()
  const { data } = useQuery(snapshotsQuery(restorableOf(region, id)))
  const snapshots = data?.items ?? []
  const none = data && snapshots.length === 0 ? t('restoreNone') : null
  const reason = disabledReason ?? none
  const moment = (at: string) => format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <TaskForm
      name={`restore ${id}`}
      action={restoreInstanceAction}
      fixed={{ region, instanceId: id }}
      changes={['instances', 'snapshots']}
      place={place}
      kind="danger"
      confirm={t('restore')}
      keep={t('keepDisk')}
      done={t('restoreDone', { name })}
      disabledReason={reason}
    >
      {({ errorOf, typed }) => (
        <>
          <p>{t('restoreText1')}</p>
          <p>{t('restoreText2')}</p>
          <Field
            id="restore-from"
            label={t('snapshot')}
            hint={none}
            // The server refuses a snapshot of a larger disk under `diskGib`.
            error={errorOf('snapshotId') ?? errorOf('diskGib')}
          >
            {(control) => (
              <select
                {...control}
                // The options may load after the form; a new key applies the default value to them.
                key={snapshots.length}
                name="snapshotId"
                required
                defaultValue={typed('snapshotId', snapshots[0]?.id)}
                className={selectClass}
              >
                {snapshots.map((snapshot) => (
                  <option key={snapshot.id} value={snapshot.id}>
                    {`${snapshot.name} · ${moment(snapshot.createdAt)} · ${formatBytes(snapshot.virtualSize, locale)}`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {disabledReason && <p className="text-ink-muted text-xs">{disabledReason}</p>}
        </>
      )}
    </TaskForm>
  )
}
