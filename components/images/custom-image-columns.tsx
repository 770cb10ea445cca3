'use client'

import dynamic from 'next/dynamic'
import { useLocale, useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { RowName } from '@/components/shell/row-name'
import { Badge } from '@/components/ui/badge'
import { late } from '@/components/ui/late'
import type { Column } from '@/components/ui/table'
import { formatBytes } from '@/lib/format'
import { isInRecycleBin } from '@/lib/images/rules'
import type { CustomImage, CustomImageParams } from '@/lib/images/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { recipientsMax } from '@/lib/shares/rules'
import { ImageOperations } from './image-operations'
import { ImageProgress } from './image-state'
import type { ImageTask } from './image-tasks'
import { sortLink, withoutCursor } from './list-links'
import { ListTime } from './list-time'
import { OperatingSystem, OperatingSystemBelow } from './operating-system'

// An empty list has no verdicts to show.
const CheckShield = late(
  dynamic(() => latePart(() => import('@/components/checks/check-shield').then((module) => module.CheckShield))),
)

// Few lists have a failed image.
const FailureLine = late(dynamic(() => latePart(() => import('./failure-line').then((module) => module.FailureLine))))

// Few lists have tags.
const RowTags = late(dynamic(() => latePart(() => import('./row-tags').then((module) => module.RowTags))))

type Select = ((image: CustomImage) => ReactNode) | null
/** `select`: the checkbox of an image, if images can be selected. */
type Options = { onAsk: (task: ImageTask, image: CustomImage) => void; select: Select }

/** The columns of own images; in the recycle bin with the dates of deletion and removal. */
export function useCustomImageColumns(list: CustomImageParams, { onAsk, select }: Options): Column<CustomImage>[] {
  const t = useTranslations('images')
  const facts = useFacts(list, select)
  const inUse = useColumnsInUse(list)
  const inBin = useColumnsInBin()
  return [
    ...facts,
    ...(isInRecycleBin(list.state) ? inBin : inUse),
    {
      id: 'operation',
      header: t('operation'),
      card: 'foot',
      cell: (image) => <ImageOperations region={list.region} image={image} onAsk={(task) => onAsk(task, image)} />,
    },
  ]
}

function useSort(list: CustomImageParams) {
  const t = useTranslations('images')
  return (column: string, header: string) =>
    sortLink<CustomImage>(
      column,
      list,
      (sort) => paths.customImages(list.region, { ...withoutCursor(list), sort }),
      t('sortBy', { column: header }),
    )
}

function useFacts(list: CustomImageParams, select: Select): Column<CustomImage>[] {
  const t = useTranslations('images')
  const locale = useLocale()
  const sort = useSort(list)
  return [
    {
      id: 'name',
      header: t('image'),
      sort: sort('name', t('image')),
      cell: (image) => (
        <div className="flex items-center gap-2">
          {select?.(image)}
          <div className="min-w-0 flex-1">
            <RowName
              id={image.id}
              name={image.name}
              href={paths.image(list.region, image.id)}
              badge={
                <>
                  <CheckShield {...image} />
                  {image.isDeprecated && <Badge tone="warn">{t('deprecated')}</Badge>}
                  {image.isProtected && <Badge tone="neutral">{t('protected')}</Badge>}
                </>
              }
            >
              <OperatingSystemBelow name={image.operatingSystem} />
              {image.tags.length > 0 && <RowTags tags={image.tags} />}
            </RowName>
            {image.failure && <FailureLine failure={image.failure} />}
          </div>
        </div>
      ),
    },
    {
      id: 'operatingSystem',
      header: t('operatingSystem'),
      isWideOnly: true,
      sort: sort('operatingSystem', t('operatingSystem')),
      cell: (image) => <OperatingSystem name={image.operatingSystem} />,
    },
    {
      id: 'virtualSize',
      header: t('size'),
      align: 'right',
      card: 'half',
      sort: sort('virtualSize', t('size')),
      cell: (image) => (image.virtualSize > 0 ? formatBytes(image.virtualSize, locale) : '–'),
    },
    { id: 'state', header: t('state'), card: 'corner', cell: (image) => <ImageProgress image={image} /> },
  ]
}

function useColumnsInUse(list: CustomImageParams): Column<CustomImage>[] {
  const t = useTranslations('images')
  const sort = useSort(list)
  return [
    {
      id: 'recipients',
      header: t('sharedWith'),
      align: 'right',
      card: 'half',
      cell: (image) => `${image.recipients} / ${recipientsMax}`,
    },
    {
      id: 'createdAt',
      header: t('created'),
      sort: sort('createdAt', t('created')),
      cell: (image) => <ListTime at={image.createdAt} isShort />,
    },
  ]
}

function useColumnsInBin(): Column<CustomImage>[] {
  const t = useTranslations('images')
  return [
    { id: 'deletedAt', header: t('deletedOn'), cell: ({ deletedAt }) => deletedAt && <ListTime at={deletedAt} /> },
    { id: 'purgedAt', header: t('goneOn'), cell: ({ purgedAt }) => purgedAt && <ListTime at={purgedAt} /> },
  ]
}
