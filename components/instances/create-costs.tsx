'use client'

import { useLocale, useTranslations } from 'next-intl'
import { formatAmount } from '@/lib/format'

type CreateCostsProps = {
  account: string
  currency: string
  /** The hourly price of the chosen type in minor units; null while none is chosen. */
  amount: number | null
  count: number
  image: { owner: string; isShared: boolean }
}

/** Who pays for the instances, and how much. */
export function CreateCosts({ account, currency, amount, count, image }: CreateCostsProps) {
  const t = useTranslations('createInstance')
  const locale = useLocale()
  const price = (minor: number) => formatAmount(minor, currency, locale)
  return (
    <div className="flex flex-col gap-2 p-4 text-sm [overflow-wrap:anywhere]">
      {amount !== null && (
        <>
          <p>{t('charged', { account, price: price(amount) })}</p>
          <p role="status" className="font-semibold text-md tabular-nums">
            {t('together', { count, price: price(amount * count) })}
          </p>
        </>
      )}
      {image.isShared && <p>{t('sharerPaysNothing', { owner: image.owner })}</p>}
      <p className="text-ink-muted text-xs">{t('onlyRunning')}</p>
    </div>
  )
}
