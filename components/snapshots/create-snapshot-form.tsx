'use client'

import { useTranslations } from 'next-intl'
import { Field, inputClass } from '@/components/ui/field'
import { descriptionMax } from '@/lib/images/rules'
import { createSnapshotAction } from '@/lib/snapshots/actions'
import { NameField } from './name-field'
import { type FormPlace, TaskForm } from './task-form'

export type InstanceFormProps = {
  region: string
  instance: { id: string; name: string }
  place: FormPlace
  /** Why it cannot be used now. */
  disabledReason?: string | null
}

/** Creates a snapshot of an instance. */
export function CreateSnapshotForm({ region, instance: { id, name }, place, disabledReason }: InstanceFormProps) {
  const t = useTranslations('snapshots')
  return (
    <TaskForm
      name={`snapshot ${id}`}
      action={createSnapshotAction}
      fixed={{ region, instanceId: id }}
      changes={['snapshots', 'instances', 'quotas']}
      place={place}
      kind="primary"
      confirm={t('create')}
      keep={t('close')}
      done={t('createDone', { name })}
      disabledReason={disabledReason ?? null}
    >
      {({ errorOf, typed }) => (
        <>
          <p>{t('createText')}</p>
          <NameField label={t('name')} hint={t('nameHint')} error={errorOf('name')} typed={typed('name')} />
          <Field id="snapshot-description" label={t('description')} error={errorOf('description')}>
            {(control) => (
              <textarea
                {...control}
                name="description"
                rows={3}
                maxLength={descriptionMax}
                defaultValue={typed('description')}
                className={inputClass}
              />
            )}
          </Field>
          {disabledReason && <p className="text-ink-muted text-xs">{disabledReason}</p>}
        </>
      )}
    </TaskForm>
  )
}
