import Link from 'next/link'
import { getTranslations } from 'next-intl/server'
import { ImageTabs } from '@/components/images/image-tabs'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import { currentContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'
import { Prefetch } from '@/lib/prefetch'
import { newSharesQuery } from '@/lib/shares/queries'
import { countNewShares } from '@/lib/shares/reads'

/** The heading of the Images page and its two tabs. */
export default async function ImagesLayout({ params, children }: LayoutProps<'/[region]/images'>) {
  const [{ region }, ctx, t] = await Promise.all([params, currentContext(), getTranslations()])
  // The page redirects visitors who are not signed in or may not see it.
  if (!ctx || !may(ctx.viewer, 'images.read', region)) return children
  const newShares = await forPage(countNewShares(ctx, { region }))
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('shell.imagesAndSnapshots') }, { label: t('images.title') }]}
        title={t('images.title')}
        line={t('images.line')}
        actions={
          may(ctx.viewer, 'images.change', region) && (
            <Link href={paths.importImage(region)} className={buttonClass('primary')}>
              {t('import.title')}
            </Link>
          )
        }
      />
      <Prefetch queries={[{ queryKey: newSharesQuery(region).queryKey, data: newShares }]}>
        <ImageTabs region={region} />
      </Prefetch>
      {children}
    </main>
  )
}
