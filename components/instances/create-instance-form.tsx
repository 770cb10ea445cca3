'use client'

import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { ResourceMeter } from '@/components/account/resource-meter'
import { ActionForm, type FormView } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { formatBytes } from '@/lib/format'
import { imageNameMax } from '@/lib/images/rules'
import type { InstanceTypeOffer } from '@/lib/instance-types/schema'
import { createInstancesAction } from '@/lib/instances/actions'
import { countMax, diskGibMax, refuseType } from '@/lib/instances/rules'
import type { InstanceImage, InstanceRoom } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { CreateCosts } from './create-costs'
import { HostNotice } from './host-notice'
import { LoginFields } from './login-fields'
import { TypeTable } from './type-table'

type CreateInstanceFormProps = {
  region: string
  image: InstanceImage
  types: InstanceTypeOffer[]
  room: InstanceRoom
  /** The username of the master account that is charged. */
  account: string
  currency: string
  idempotencyKey: string
}

/** Creates instances from an image, and shows beforehand who pays how much. */
export function CreateInstanceForm({ region, image, types, room, idempotencyKey, ...costs }: CreateInstanceFormProps) {
  const t = useTranslations('createInstance')
  const fits = types.filter((type) => !refuseType({ ...type, isRetired: type.retired }, image))
  const { form, typeId, count, sync } = useChosen(fits[0]?.id ?? '')
  const type = types.find(({ id }) => id === typeId)
  return (
    <>
      <HostNotice host={room.host} />
      <div
        ref={form}
        onInput={sync}
        className="grid items-start gap-4 lg:grid-cols-[minmax(0,560px)_minmax(240px,1fr)]"
      >
        <Card title={t('title')}>
          <ActionForm
            name={`create instance ${image.id}`}
            action={createInstancesAction}
            fixed={{ region, imageId: image.id }}
            idempotencyKey={idempotencyKey}
            changes={['instances', 'quotas']}
            leadsTo={paths.instances(region)}
            className="flex flex-col gap-4 p-4"
          >
            {(view) => (
              <>
                <ChosenImage region={region} image={image} />
                <NameField view={view} name={image.name} />
                <TypeTable
                  types={types}
                  currency={costs.currency}
                  leastMemoryMib={image.minMemoryMib ?? 0}
                  chosen={view.typed('typeId', fits[0]?.id)}
                  error={view.errorOf('typeId')}
                />
                <NumberFields view={view} leastDiskGib={image.minDiskGib} />
                <LoginFields view={view} />
                <div>
                  <Button kind="primary" type="submit" isPending={view.isPending}>
                    {t('submit')}
                  </Button>
                </div>
              </>
            )}
          </ActionForm>
        </Card>
        <div className="flex flex-col gap-4 lg:sticky lg:top-16">
          <Card title={t('costs')}>
            <CreateCosts {...costs} amount={type?.amount ?? null} count={count} image={image} />
          </Card>
          <Card title={useTranslations('instances')('title')}>
            <div className="p-4">
              <ResourceMeter name="instances" meter={room.quota} />
            </div>
          </Card>
        </div>
      </div>
    </>
  )
}

/** The chosen type and number, for the costs beside the form. Includes values restored from a draft. */
function useChosen(first: string) {
  const form = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState({ typeId: first, count: 1 })
  const sync = () => {
    const element = form.current?.querySelector('form')
    if (!element) return
    const data = new FormData(element)
    const count = Number(data.get('count'))
    setChosen({
      typeId: String(data.get('typeId') ?? ''),
      count: Number.isInteger(count) && count >= 1 && count <= countMax ? count : 1,
    })
  }
  // The form has restored its draft by now.
  useEffect(sync, [])
  return { form, sync, ...chosen }
}

function ChosenImage({ region, image }: { region: string; image: InstanceImage }) {
  const t = useTranslations('createInstance')
  const tInstances = useTranslations('instances')
  const locale = useLocale()
  return (
    <div className="flex flex-col gap-1">
      <span className="font-medium text-sm">{t('image')}</span>
      <div className="flex flex-wrap items-center justify-between gap-2 rounded-control border border-line bg-surface-muted px-3 py-2 text-sm">
        <span className="min-w-0 [overflow-wrap:anywhere]">
          <span className="font-medium">{image.name}</span>{' '}
          <span className="font-mono text-ink-muted text-xs">{image.id}</span>
          <span className="block text-ink-muted text-xs">
            {[
              image.operatingSystem,
              formatBytes(image.virtualSize, locale),
              image.isShared ? tInstances('sharedBy', { owner: image.owner }) : t('own'),
            ].join(' · ')}
          </span>
        </span>
        <Link href={paths.createInstance(region)} className="rounded-sm text-accent text-xs hover:underline">
          {t('otherImage')}
        </Link>
      </div>
    </div>
  )
}

type View = FormView<unknown>

function NameField({ view, name }: { view: View; name: string }) {
  const t = useTranslations('createInstance')
  return (
    <Field id="instance-name" label={t('name')} hint={t('nameHint')} error={view.errorOf('name')}>
      {(control) => (
        <input
          {...control}
          name="name"
          required
          maxLength={imageNameMax}
          defaultValue={view.typed('name', name)}
          className={inputClass}
        />
      )}
    </Field>
  )
}

function NumberFields({ view, leastDiskGib }: { view: View; leastDiskGib: number }) {
  const t = useTranslations('createInstance')
  const fields = [
    {
      name: 'diskGib',
      min: leastDiskGib,
      max: diskGibMax,
      value: leastDiskGib,
      hint: t('diskHint', { least: leastDiskGib }),
    },
    { name: 'count', min: 1, max: countMax, value: 1, hint: t('countHint', { max: countMax }) },
  ] as const
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {fields.map(({ name, value, hint, min, max }) => (
        <Field key={name} id={`instance-${name}`} label={t(name)} hint={hint} error={view.errorOf(name)}>
          {(control) => (
            <input
              {...control}
              name={name}
              type="number"
              inputMode="numeric"
              required
              min={min}
              max={max}
              defaultValue={view.typed(name, String(value))}
              className={inputClass}
            />
          )}
        </Field>
      ))}
    </div>
  )
}
