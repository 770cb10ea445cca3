import type { Route } from 'next'
import Link from 'next/link'
import { getLocale, getTranslations } from 'next-intl/server'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import type { ImageElsewhere } from '@/lib/images/schema'
import { pageRegions } from '@/lib/page-regions'
import { paths } from '@/lib/paths'
import { may, type Rights } from '@/lib/permissions'
import { regionName } from '@/lib/regions/rules'

type ImageElsewhereProps = {
  image: ImageElsewhere
  /** The same page of the image in its region. */
  href: Route
  /** The region of the URL. */
  region: string
  viewer: { rights: Rights }
}

/**
 * Rule 6: an own image under another region's URL. Links to the image in its region, and to the copy form if the viewer may copy it.
 * A server component: few people see it, and every page of an image would load its code.
 */
export async function ImageElsewherePage({ image, href, region: here, viewer }: ImageElsewhereProps) {
  const [t, locale, regions] = await Promise.all([getTranslations(), getLocale(), pageRegions()])
  const found = regions.find(({ id }) => id === image.imageRegion)
  const region = found ? regionName(found, locale) : image.imageRegion
  const copies = may(viewer, 'images.download', image.imageRegion) && may(viewer, 'images.change', here)
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
        {copies && (
          <Link href={paths.copyImage(image.imageRegion, image.id, here)} className={buttonClass('secondary')}>
            {t('images.copyHere')}
          </Link>
        )}
      </div>
    </main>
  )
}
