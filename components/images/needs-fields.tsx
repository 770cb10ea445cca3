'use client'

import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { Field, inputClass, selectClass } from '@/components/ui/field'
import { bootModes } from '@/lib/disks/layout'
import {
  leastDiskGib,
  minDiskGibMax,
  minMemoryMibMax,
  operatingSystemMax,
  suggestedOperatingSystem,
} from '@/lib/images/rules'
import type { OwnImage } from '@/lib/images/schema'

type NeedsFieldsProps = {
  image: OwnImage
  errorOf: (field: string) => ReactNode
  typed: (field: string, otherwise: string) => string
}

/** An image's operating system and what it requires of a machine, with suggestions read from the disk. */
export function NeedsFields({ image, errorOf, typed }: NeedsFieldsProps) {
  const t = useTranslations('images')
  const suggestion = suggestedOperatingSystem(image.layout?.operatingSystem ?? null)
  const minimums = [
    {
      name: 'minDiskGib',
      value: image.minDiskGib,
      min: leastDiskGib(image.virtualSize) ?? 1,
      max: minDiskGibMax,
      hint: t('minDiskHint', { least: leastDiskGib(image.virtualSize) ?? 0 }),
    },
    { name: 'minMemoryMib', value: image.minMemoryMib, min: 1, max: minMemoryMibMax, hint: t('minMemoryHint') },
  ] as const
  return (
    <>
      <Field
        id="image-operating-system"
        label={t('operatingSystem')}
        hint={suggestion ? t('operatingSystemSays', { name: suggestion }) : undefined}
        error={errorOf('operatingSystem')}
      >
        {(control) => (
          <>
            <input
              {...control}
              name="operatingSystem"
              required
              maxLength={operatingSystemMax}
              defaultValue={typed('operatingSystem', image.operatingSystem)}
              list="image-operating-systems"
              className={inputClass}
            />
            <datalist id="image-operating-systems">{suggestion && <option value={suggestion} />}</datalist>
          </>
        )}
      </Field>
      <Field id="image-boot-mode" label={t('bootMode')} hint={t('bootModeHint')} error={errorOf('bootMode')}>
        {(control) => (
          <select
            {...control}
            name="bootMode"
            defaultValue={typed('bootMode', image.bootMode ?? '')}
            className={selectClass}
          >
            <option value="">{t('notKnown')}</option>
            {bootModes.map((mode) => (
              <option key={mode}>{mode}</option>
            ))}
          </select>
        )}
      </Field>
      <div className="grid gap-3 sm:grid-cols-2">
        {minimums.map(({ name, value, hint, min, max }) => (
          <Field key={name} id={`image-${name}`} label={t(name)} hint={hint} error={errorOf(name)}>
            {(control) => (
              <input
                {...control}
                name={name}
                type="number"
                inputMode="numeric"
                min={min}
                max={max}
                defaultValue={typed(name, String(value ?? ''))}
                className={inputClass}
              />
            )}
          </Field>
        ))}
      </div>
    </>
  )
}
