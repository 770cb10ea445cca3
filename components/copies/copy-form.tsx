'use client'

import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { Field, inputClass, selectClass } from '@/components/ui/field'
import { Meter } from '@/components/ui/meter'
import { Notice } from '@/components/ui/notice'
import { SubmitButton } from '@/components/ui/submit-button'
import { copyImageAction } from '@/lib/copies/actions'
import { canImage, imageNameMax } from '@/lib/images/rules'
import { paths } from '@/lib/paths'

export type TargetRegion = { id: string; used: number; quota: number }

type CopyFormProps = {
  region: string
  image: { id: string; name: string; state: string }
  targets: TargetRegion[]
  /** The region that is preselected. */
  wanted: string | undefined
  idempotencyKey: string
}

/** Chooses the region that an image is copied to, and the copy's name. */
export function CopyForm({ region, image, targets, wanted, idempotencyKey }: CopyFormProps) {
  const t = useTranslations('copy')
  const regionName = useRegionName()
  const router = useRouter()
  const [targetRegion, setTarget] = useState(targets.find(({ id }) => id === wanted)?.id ?? targets[0]?.id ?? '')
  const target = targets.find(({ id }) => id === targetRegion)
  const regionField = ({ typed, errorOf }: FormView<unknown>) => (
    <Field id="target-region" label={t('targetRegion')} hint={t('targetRegionHint')} error={errorOf('targetRegion')}>
      {(control) => (
        <select
          {...control}
          name="targetRegion"
          defaultValue={typed('targetRegion', targetRegion)}
          onChange={(event) => setTarget(event.target.value)}
          className={selectClass}
        >
          {targets.map(({ id }) => (
            <option key={id} value={id}>
              {`${regionName(id)} (${id})`}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
  return (
    <div className="grid items-start gap-4 md:grid-cols-[minmax(0,560px)_minmax(240px,1fr)]">
      <Card title={t('formTitle')}>
        <ActionForm
          name={`copy ${image.id}`}
          action={copyImageAction}
          fixed={{ region, imageId: image.id }}
          idempotencyKey={idempotencyKey}
          changes={['images', 'quotas']}
          onDone={({ imageId, region: there }) => router.push(paths.image(there, imageId))}
          className="flex flex-col gap-3 p-4"
        >
          {(view) => (
            <>
              {view.done && (
                <Notice tone="info">
                  <p>{t('begun')}</p>
                  <Link href={paths.image(view.done.region, view.done.imageId)} className="font-medium underline">
                    {t('showCopy')}
                  </Link>
                </Notice>
              )}
              {regionField(view)}
              <Field id="copy-name" label={t('name')} hint={t('nameHint')} error={view.errorOf('name')}>
                {(control) => (
                  <input
                    {...control}
                    name="name"
                    required
                    maxLength={imageNameMax}
                    defaultValue={view.typed('name', image.name)}
                    className={inputClass}
                  />
                )}
              </Field>
              <SubmitButton
                isPending={view.isPending}
                unavailable={canImage('copy', image.state) ? null : t('notAvailable')}
              >
                {t('submit')}
              </SubmitButton>
            </>
          )}
        </ActionForm>
      </Card>
      {target && (
        <Card title={regionName(target.id)}>
          <div className="p-4">
            <Meter
              label={t('quota')}
              used={target.used}
              max={target.quota}
              hint={target.used < target.quota ? t('quotaFree', { free: target.quota - target.used }) : t('quotaFull')}
            />
          </div>
        </Card>
      )}
    </div>
  )
}
