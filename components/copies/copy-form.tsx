'use client'

import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useRegionName } from '@/components/shell/current-region'
import { useFieldError, useRefusalText } from '@/components/shell/refusal-text'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass, selectClass } from '@/components/ui/field'
import { Meter } from '@/components/ui/meter'
import { Notice } from '@/components/ui/notice'
import { copyImageAction } from '@/lib/copies/actions'
import { imageNameMax } from '@/lib/images/rules'
import { paths } from '@/lib/paths'
import { useAction } from '@/lib/use-action'

export type TargetRegion = { id: string; used: number; quota: number }

type CopyFormProps = {
  region: string
  image: { id: string; name: string; state: string }
  targets: TargetRegion[]
  /** The region that somebody came here for. */
  wanted: string | undefined
}

/** Where an image is to be copied, and how the copy is called there. */
export function CopyForm({ region, image, targets, wanted }: CopyFormProps) {
  const t = useTranslations('copy')
  const regionName = useRegionName()
  const router = useRouter()
  const refusalText = useRefusalText()
  const { run, isPending, refusal } = useAction(copyImageAction, { changes: ['images', 'quotas'] })
  const fieldError = useFieldError(refusal)
  const [targetRegion, setTarget] = useState(targets.find(({ id }) => id === wanted)?.id ?? targets[0]?.id ?? '')
  const summary = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (refusal) summary.current?.focus()
  }, [refusal])
  const target = targets.find(({ id }) => id === targetRegion)
  const isAvailable = image.state === 'available'
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isPending || !isAvailable) return
    const name = String(new FormData(event.currentTarget).get('name') ?? '')
    run({ region, imageId: image.id, targetRegion, name }, ({ imageId }) =>
      router.push(paths.image(targetRegion, imageId)),
    )
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,560px)_minmax(260px,1fr)]">
      <Card title={t('formTitle')}>
        <form onSubmit={submit} className="flex flex-col gap-3 p-4">
          {refusal && refusal.code !== 'INVALID_INPUT' && (
            <Notice tone="danger" ref={summary}>
              {refusalText(refusal)}
            </Notice>
          )}
          <Field
            id="target-region"
            label={t('targetRegion')}
            hint={t('targetRegionHint')}
            error={fieldError('targetRegion')}
          >
            {(control) => (
              <select
                {...control}
                name="targetRegion"
                value={targetRegion}
                onChange={(event) => setTarget(event.target.value)}
                className={selectClass}
              >
                {targets.map(({ id }) => (
                  <option key={id} value={id}>
                    {regionName(id)} ({id})
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field id="copy-name" label={t('name')} hint={t('nameHint')} error={fieldError('name')}>
            {(control) => (
              <input
                {...control}
                name="name"
                required
                maxLength={imageNameMax}
                defaultValue={image.name}
                className={inputClass}
              />
            )}
          </Field>
          <div>
            <Button
              kind="primary"
              type="submit"
              isPending={isPending}
              disabledReason={isAvailable ? null : t('notAvailable')}
            >
              {t('submit')}
            </Button>
            {!isAvailable && <p className="mt-1 text-ink-muted text-xs">{t('notAvailable')}</p>}
          </div>
        </form>
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
