'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import type { ImageElsewhere } from '@/lib/images/schema'

/** Rule 6: an own image under another region's URL. Links to the image in its region, and to a copy. */
export function ImageElsewherePage({ image, href, copyHref }: { image: ImageElsewhere; href: Route; copyHref: Route }) {
  const t = useTranslations()
  const region = useRegionName()(image.imageRegion)
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('shell.imagesAndSnapshots') }, { label: t('images.title') }]}
        title={t('images.elsewhereTitle')}
        line={t('images.elsewhereText', { name: image.name, region })}
      />
      <div className="flex flex-wrap gap-2">
        <Link href={href} className={buttonClass('primary')}>
          {t('images.openInRegion', { region })}
        </Link>
        <Link href={copyHref} className={buttonClass('secondary')}>
          {t('images.copyHere')}
        </Link>
      </div>
    </main>
  )
}
