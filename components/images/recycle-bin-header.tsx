'use client'

import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import type { RecycleBin } from '@/lib/images/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'

const EmptyBinDialog = dynamic(
  () => latePart(() => import('./empty-bin-dialog').then((module) => module.EmptyBinDialog)),
  { ssr: false },
)

type RecycleBinHeaderProps = {
  region: string
  bin: RecycleBin
}

/** Above the recycle bin: what it is, a link back, and how to empty it. */
export function RecycleBinHeader({ region, bin }: RecycleBinHeaderProps) {
  const t = useTranslations('recycleBin')
  const may = useMay()
  const [isEmptying, setEmptying] = useState(false)
  return (
    <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-line border-b px-4 py-3">
      <div className="min-w-0">
        <h2 className="font-semibold text-lg">{t('title')}</h2>
        <p className="text-ink-muted text-xs">{t('line', { days: bin.recycleDays })}</p>
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Link href={paths.customImages(region)} className="rounded-sm font-medium text-accent text-sm hover:underline">
          {t('back')}
        </Link>
        {bin.binned > 0 && may('images.change', region) && (
          <Button kind="secondary" href={paths.severalImages(region, 'empty-bin')} onClick={() => setEmptying(true)}>
            {t('empty')}
          </Button>
        )}
      </div>
      {isEmptying && bin.binnedUntil && (
        <EmptyBinDialog
          region={region}
          count={bin.binned}
          deletedUntil={bin.binnedUntil}
          onClose={() => setEmptying(false)}
        />
      )}
    </header>
  )
}
