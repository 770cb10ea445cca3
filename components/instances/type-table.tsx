'use client'

import { CircleAlert } from 'lucide'
import { useLocale, useTranslations } from 'next-intl'
import { Icon } from '@/components/ui/icon'
import { formatAmount, formatBytes } from '@/lib/format'
import type { InstanceTypeOffer } from '@/lib/instance-types/schema'

const mib = 2 ** 20

type TypeTableProps = {
  types: InstanceTypeOffer[]
  currency: string
  /** Types with less memory (MiB) cannot be chosen. */
  leastMemoryMib: number
  chosen: string
  /** The instance's current type. */
  current?: string
  error: string | undefined
}

/** A choice of instance types. Types too small for the image are shown with the reason. */
export function TypeTable({ types, currency, leastMemoryMib, chosen, current, error }: TypeTableProps) {
  const t = useTranslations('createInstance')
  const locale = useLocale()
  return (
    <fieldset className="min-w-0" aria-describedby={error ? 'type-error' : undefined}>
      <legend className="mb-1 font-medium text-sm">{t('type')}</legend>
      {types.length === 0 && <p className="text-sm">{t('noTypes')}</p>}
      <div className="overflow-hidden rounded-card border border-line-strong">
        <div
          aria-hidden
          className="grid grid-cols-[24px_minmax(0,1fr)_3rem_4.5rem_5.5rem] gap-2 bg-surface-muted px-3 py-1.5 text-ink-muted text-xs max-sm:hidden"
        >
          <span />
          <span>{t('type')}</span>
          <span className="text-right">{t('vcpus')}</span>
          <span className="text-right">{t('memory')}</span>
          <span className="text-right">{t('price')}</span>
        </div>
        {types.map(({ id, vcpus, memoryMib, amount }) => {
          const isSmall = memoryMib < leastMemoryMib
          return (
            <label
              key={id}
              className="grid cursor-pointer grid-cols-[24px_minmax(0,1fr)_3rem_4.5rem_5.5rem] items-center gap-x-2 border-line border-t px-3 py-2 text-sm first:border-t-0 hover:bg-surface-hover has-[:disabled]:cursor-not-allowed has-[:checked]:bg-accent-soft has-[:disabled]:text-ink-muted max-sm:grid-cols-[24px_repeat(3,minmax(0,1fr))]"
            >
              <input
                type="radio"
                name="typeId"
                value={id}
                defaultChecked={id === chosen}
                disabled={isSmall}
                aria-invalid={error ? true : undefined}
                className="size-4 accent-accent"
              />
              <span className="min-w-0 [overflow-wrap:anywhere] max-sm:col-span-3">
                <span className="font-medium">{id}</span>
                {id === current && <span className="block text-ink-muted text-xs">{t('current')}</span>}
                {isSmall && (
                  <span className="block text-xs">
                    {t('tooSmall', { least: formatBytes(leastMemoryMib * mib, locale) })}
                  </span>
                )}
              </span>
              <Amount text={`${vcpus}`} unit={t('vcpus')} isFirst />
              <Amount text={formatBytes(memoryMib * mib, locale)} unit={t('memory')} />
              <Amount text={formatAmount(amount, currency, locale)} unit={t('price')} />
            </label>
          )
        })}
      </div>
      {error && (
        <p id="type-error" role="alert" className="mt-1 flex items-start gap-1 text-danger text-xs">
          <Icon of={CircleAlert} className="mt-px size-3.5 shrink-0" />
          <span>{error}</span>
        </p>
      )}
    </fieldset>
  )
}

/** A cell with its unit: on a desktop the header shows the unit, on a phone and for screen readers the cell does. */
function Amount({ text, unit, isFirst = false }: { text: string; unit: string; isFirst?: boolean }) {
  return (
    <span className={isFirst ? 'tabular-nums max-sm:col-start-2 sm:text-right' : 'tabular-nums sm:text-right'}>
      <span className="block text-ink-muted text-xs sm:sr-only">{unit} </span>
      {text}
    </span>
  )
}
