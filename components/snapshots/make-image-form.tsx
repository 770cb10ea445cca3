'use client'

import { useTranslations } from 'next-intl'
import { createInstanceImageAction, createSnapshotImageAction } from '@/lib/snapshots/actions'
import type { InstanceFormProps } from './create-snapshot-form'
import { NameField } from './name-field'
import { type FormPlace, TaskForm } from './task-form'

type SnapshotImageFormProps = { region: string; snapshot: { id: string; name: string }; place: FormPlace }

/** Creates a custom image from a snapshot. */
export function SnapshotImageForm({ region, snapshot: { id, name }, place }: SnapshotImageFormProps) {
  const t = useTranslations('snapshots')
  return (
    <TaskForm
      name={`image of ${id}`}
      action={createSnapshotImageAction}
      fixed={{ region, snapshotId: id }}
      changes={['images', 'snapshots', 'quotas']}
      place={place}
      kind="primary"
      confirm={t('createImage')}
      keep={t('close')}
      done={t('imageDone', { name })}
    >
      {({ errorOf, typed }) => (
        <>
          <p>{t('imageText')}</p>
          <NameField label={t('imageName')} hint={t('nameHint')} error={errorOf('name')} typed={typed('name', name)} />
        </>
      )}
    </TaskForm>
  )
}

/** Creates a snapshot of an instance, and a custom image from it once it is available. */
export function InstanceImageForm({ region, instance: { id, name }, place, disabledReason }: InstanceFormProps) {
  const t = useTranslations('snapshots')
  return (
    <TaskForm
      name={`image of ${id}`}
      action={createInstanceImageAction}
      fixed={{ region, instanceId: id }}
      changes={['images', 'snapshots', 'instances', 'quotas']}
      place={place}
      kind="primary"
      confirm={t('createImage')}
      keep={t('close')}
      done={t('instanceImageDone', { name })}
      disabledReason={disabledReason ?? null}
    >
      {({ errorOf, typed }) => (
        <>
          <p>{t('instanceImageText')}</p>
          <NameField label={t('imageName')} hint={t('nameHint')} error={errorOf('name')} typed={typed('name', name)} />
          {disabledReason && <p className="text-ink-muted text-xs">{disabledReason}</p>}
        </>
      )}
    </TaskForm>
  )
}
