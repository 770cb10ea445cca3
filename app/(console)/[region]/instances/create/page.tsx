import type { Metadata } from 'next'
import Link from 'next/link'
import { notFound } from 'next/navigation'
import { getLocale, getTranslations } from 'next-intl/server'
import { DeprecationNotice } from '@/components/images/deprecation-notice'
import { CreateInstanceForm } from '@/components/instances/create-instance-form'
import { ImageChoice } from '@/components/instances/image-choice'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import { Notice } from '@/components/ui/notice'
import type { Context } from '@/lib/auth/viewer'
import { requireContext } from '@/lib/context'
import { env } from '@/lib/env'
import { listInstanceTypes } from '@/lib/instance-types/reads'
import { getInstanceRoom } from '@/lib/instances/reads'
import { findAskedImage, listInstanceImages } from '@/lib/instances/reads-images'
import { type AskedImage, createInstancePageParams } from '@/lib/instances/schema'
import { forPage } from '@/lib/page-fault'
import { pageRegions } from '@/lib/page-regions'
import { paths } from '@/lib/paths'
import { regionName } from '@/lib/regions/rules'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('createInstance'))('title') }
}

export default async function CreateInstancePage({ params, searchParams }: PageProps<'/[region]/instances/create'>) {
  const { region, image: imageId, q } = createInstancePageParams.parse({ ...(await searchParams), ...(await params) })
  const [ctx, t] = await Promise.all([
    requireContext(paths.createInstance(region, imageId), 'instances.change', region),
    getTranslations(),
  ])
  const image = imageId ? await forPage(findAskedImage(ctx, { region, imageId })) : null
  if (imageId && !image) notFound()
  // Awaited here and not in a child: what React streams after the page stays hidden until scripts show it.
  const usable = image?.view === 'usable' ? image : null
  const form = usable && !usable.deprecation?.isRetired ? await formFor(ctx, region, usable) : null
  const unusable = image && image.view !== 'usable' ? await reasonFor(image) : null
  const images = form ? [] : await forPage(listInstanceImages(ctx, { region, q }))
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('instances.title'), href: paths.instances(region) }, { label: t('createInstance.title') }]}
        title={t('createInstance.title')}
        line={t('createInstance.line')}
      />
      {unusable}
      {usable?.deprecation && (
        <DeprecationNotice region={region} name={usable.name} deprecation={usable.deprecation} leadsTo="instance" />
      )}
      {form ?? <ImageChoice region={region} q={q} images={images} />}
    </main>
  )
}

type UsableImage = Extract<AskedImage, { view: 'usable' }>

async function formFor(ctx: Context, region: string, image: UsableImage) {
  const [types, room] = await Promise.all([forPage(listInstanceTypes()), forPage(getInstanceRoom(ctx, { region }))])
  return (
    <CreateInstanceForm
      region={region}
      image={image}
      types={types.filter((type) => !type.retired)}
      room={room}
      account={ctx.viewer.ownerUsername}
      currency={env().ECS_CURRENCY}
      idempotencyKey={crypto.randomUUID()}
    />
  )
}

/** Why no instance can be created here from the image that the URL names, with a link to the region where it can. */
async function reasonFor(image: Exclude<AskedImage, UsableImage>) {
  const [t, locale, regions] = await Promise.all([getTranslations(), getLocale(), pageRegions()])
  const { id, name } = image
  if (image.view === 'unavailable')
    return <Notice tone="warn">{t('createInstance.unavailable', { name, state: t(`states.${image.state}`) })}</Notice>
  const there = regions.find((one) => one.id === image.imageRegion)
  const region = there ? regionName(there, locale) : image.imageRegion
  return (
    <Notice tone="warn" title={t('images.elsewhereTitle')}>
      <p className="mb-2">{t('createInstance.elsewhere', { name, region })}</p>
      <Link href={paths.createInstance(image.imageRegion, id)} className={buttonClass('secondary')}>
        {t('images.openInRegion', { region })}
      </Link>
    </Notice>
  )
}
