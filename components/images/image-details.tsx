'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type ReactNode, useRef, useState } from 'react'
import { useRegionName } from '@/components/shell/current-region'
import { PageHeader } from '@/components/shell/page-header'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { late } from '@/components/ui/late'
import { ReadError } from '@/lib/fetch-json'
import { imageQuery } from '@/lib/images/queries'
import { canImage } from '@/lib/images/rules'
import type { HeldImage, ImagePageParams, OwnImage } from '@/lib/images/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { DiskPicture } from './disk-picture'
import { HeldImageFields, OwnImageFields } from './image-fields'
import { ImageHistory } from './image-history'
import { ImageMotion } from './image-motion'
import { ImageRecipients } from './image-recipients'
import { ImageState } from './image-state'
import type { ImageTask } from './image-tasks'
import { OwnImageActions } from './own-image-actions'

const CancelShareDialog = dynamic(
  () => latePart(() => import('@/components/shares/cancel-share-dialog').then((module) => module.CancelShareDialog)),
  { ssr: false },
)

const EndedSharePage = dynamic(
  () => latePart(() => import('@/components/shares/ended-share-page').then((module) => module.EndedSharePage)),
  { ssr: false },
)

// Few images have failed or are deprecated.
const FailureNotice = late(
  dynamic(() => latePart(() => import('./failure-notice').then((module) => module.FailureNotice))),
)
const DeprecationNotice = late(
  dynamic(() => latePart(() => import('./deprecation-notice').then((module) => module.DeprecationNotice))),
)

const EditImageForm = dynamic(
  () => latePart(() => import('./edit-image-form').then((module) => module.EditImageForm)),
  { ssr: false },
)
const ImageTaskDialog = dynamic(
  () => latePart(() => import('./image-task-dialog').then((module) => module.ImageTaskDialog)),
  { ssr: false },
)

/** An image's page: in full for its owner, in part for a recipient. The server renders `check`. */
export function ImageDetailsView({ region, imageId, before, check }: ImagePageParams & { check: ReactNode }) {
  const { data, error } = useQuery(imageQuery(region, imageId, before))
  // Deleted, or its share cancelled, while this page was open.
  if (error instanceof ReadError && error.status === 404)
    return <EndedSharePage region={region} imageId={imageId} isNews />
  if (data?.view === 'owner') return <OwnImagePage image={data} before={before} check={check} />
  if (data?.view === 'recipient') return <HeldImagePage image={data} before={before} check={check} />
  return null
}

type DetailsProps<I> = { image: I; before: string | undefined; check: ReactNode }

function OwnImagePage({ image, before, check }: DetailsProps<OwnImage>) {
  const t = useTranslations('images')
  const may = useMay()
  const regionName = useRegionName()
  const router = useRouter()
  const [isEditing, setEditing] = useState(false)
  const [task, setTask] = useState<ImageTask | null>(null)
  const editButton = useRef<HTMLButtonElement>(null)
  const region = image.regionId
  // A failed image has nothing to edit, and a deleted one must be restored first.
  const canBeEdited = may('images.change', region) && canImage('edit', image.state)
  const closeForm = () => {
    setEditing(false)
    editButton.current?.focus()
  }
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: paths.customImages(region) }, { label: image.name }]}
        title={image.name}
        badge={<ImageState state={image.state} />}
        line={t('detailsLineOwn', { region: regionName(region) })}
        actions={
          <>
            <OwnImageActions image={image} onAsk={setTask} />
            {canBeEdited && (
              <Button
                ref={editButton}
                kind="secondary"
                aria-expanded={isEditing}
                href={paths.editImage(region, image.id)}
                onClick={() => (isEditing ? closeForm() : setEditing(true))}
              >
                {t('edit')}
              </Button>
            )}
          </>
        }
      />
      {image.failure && <FailureNotice failure={image.failure} />}
      {image.deprecation && (
        <DeprecationNotice region={region} name={image.name} deprecation={image.deprecation} leadsTo="image" />
      )}
      <ImageMotion image={image} />
      {isEditing && canBeEdited && <EditImageForm image={image} onClose={closeForm} />}
      <Card title={t('details')}>
        <OwnImageFields image={image} />
      </Card>
      {check}
      {image.layout && <DiskPicture layout={image.layout} />}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <ImageRecipients region={region} image={image} />
        <ImageHistory image={image} before={before} />
      </div>
      {task && (
        <ImageTaskDialog
          task={task}
          region={region}
          image={{ ...image, recipients: image.recipients.length }}
          recycleDays={image.recycleDays}
          onClose={() => setTask(null)}
          onGone={() => router.push(paths.customImages(region))}
        />
      )}
    </main>
  )
}

function HeldImagePage({ image, before, check }: DetailsProps<HeldImage>) {
  const t = useTranslations('images')
  const router = useRouter()
  const may = useMay()
  const [isCancelling, setCancelling] = useState(false)
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: paths.sharedImages(image.regionId) }, { label: image.name }]}
        title={image.name}
        line={t('detailsLineHeld', { sharer: image.sharer })}
        actions={
          <>
            {may('instances.change', image.regionId) && (
              <Link href={paths.createInstance(image.regionId, image.id)} className={buttonClass('primary')}>
                {t('createInstance')}
              </Link>
            )}
            {may('shares.receive', image.regionId) && (
              <Button
                kind="secondary"
                aria-label={`${t('cancelSharing')}, ${image.name}`}
                href={paths.cancelSharing(image.regionId, image.id, image.shareId)}
                onClick={() => setCancelling(true)}
              >
                {t('cancelSharing')}
              </Button>
            )}
          </>
        }
      />
      {image.deprecation && (
        <DeprecationNotice region={image.regionId} name={image.name} deprecation={image.deprecation} leadsTo="image" />
      )}
      <Card title={t('details')}>
        <HeldImageFields image={image} />
      </Card>
      {check}
      <ImageHistory image={image} before={before} />
      {isCancelling && (
        <CancelShareDialog
          share={{ id: image.shareId, username: image.sharer, image: image.name, instances: 0 }}
          count={{ region: image.regionId, imageId: image.id }}
          side="recipient"
          onClose={() => setCancelling(false)}
          isLeaving
          onEnded={() => router.push(paths.sharedImages(image.regionId))}
        />
      )}
    </main>
  )
}
