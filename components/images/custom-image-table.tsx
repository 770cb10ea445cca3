'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import { useRegionName } from '@/components/shell/current-region'
import { buttonClass } from '@/components/ui/button-class'
import { Ellipsis } from '@/components/ui/ellipsis'
import { EmptyState } from '@/components/ui/empty-state'
import { Pager } from '@/components/ui/pager'
import { type Column, Table } from '@/components/ui/table'
import { formatBytes } from '@/lib/format'
import { customImagesQuery } from '@/lib/images/queries'
import { imageStates } from '@/lib/images/rules'
import type { CustomImage, CustomImageList, CustomImageParams } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { recipientsMax } from '@/lib/shares/rules'
import { useFailureText } from './failure-text'
import { FilledRegions } from './filled-regions'
import { ImageName } from './image-name'
import { ImageOperations } from './image-operations'
import { ImageProgress } from './image-state'
import type { ImageTask } from './image-task-dialog'
import { sortLink } from './list-links'
import { ListTime } from './list-time'
import { type Filter, ListToolbar } from './list-toolbar'
import { OperatingSystem } from './operating-system'

const ImageTaskDialog = dynamic(() => import('./image-task-dialog').then((module) => module.ImageTaskDialog))

/** The tab "Custom Images": the viewer's own images in a region. */
export function CustomImageTable({ list }: { list: CustomImageParams }) {
  const t = useTranslations('images')
  const importTitle = useTranslations('import')('title')
  const regionName = useRegionName()
  const { data, dataUpdatedAt, isFetching, isError, refetch } = useQuery(customImagesQuery(list))
  const [asked, setAsked] = useState<{ task: ImageTask; image: CustomImage } | null>(null)
  const columns = useColumns(list, (task, image) => setAsked({ task, image }))
  const filters = useFilters(list, data)
  if (!data) return null
  const isFiltered = Boolean(list.q || list.state || list.os)
  const href = (cursor: { after?: string; before?: string }) =>
    paths.customImages(list.region, { ...withoutCursor(list), ...cursor })
  return (
    <section className="rounded-card border border-line bg-surface-raised">
      <ListToolbar
        action={paths.customImages(list.region)}
        search={list.q}
        searchLabel={t('searchLabel')}
        kept={{ state: list.state, os: list.os, sort: list.sort === '-createdAt' ? undefined : list.sort }}
        filters={filters}
        updatedAt={dataUpdatedAt}
        isFetching={isFetching}
        isFailed={isError}
        onRefresh={() => refetch()}
      />
      <Table
        caption={t('captionCustom', { region: regionName(list.region) })}
        columns={columns}
        rows={data.items}
        rowKey={(image) => image.id}
        empty={
          list.state === 'deleted' ? (
            <EmptyState title={t('emptyBin')}>{t('emptyBinNext')}</EmptyState>
          ) : isFiltered ? (
            <EmptyState title={t('emptyFiltered')}>
              <Link href={paths.customImages(list.region)} className={buttonClass('secondary')}>
                {t('clearFilters')}
              </Link>
            </EmptyState>
          ) : (
            <EmptyState title={t('emptyCustom')}>
              <p className="mb-3">{t('emptyCustomNext')}</p>
              <Link href={paths.importImage(list.region)} className={buttonClass('secondary')}>
                {importTitle}
              </Link>
              <FilledRegions region={list.region} tab="custom" />
            </EmptyState>
          )
        }
      />
      <Pager
        label={t('pages')}
        previousLabel={t('previous')}
        nextLabel={t('next')}
        previous={data.prev ? href({ before: data.prev }) : null}
        next={data.next ? href({ after: data.next }) : null}
      />
      <p className="border-line border-t px-4 py-2 text-ink-muted text-xs tabular-nums">
        {t('quotaUsed', data.quota)}{' '}
        {data.quota.used < data.quota.quota
          ? t('quotaFree', { free: data.quota.quota - data.quota.used })
          : t('quotaFull')}
        {data.binned > 0 && list.state !== 'deleted' && (
          <>
            {' '}
            <Link
              href={paths.customImages(list.region, { state: 'deleted' })}
              className="rounded-sm font-medium text-accent hover:underline"
            >
              {t('toBin', { count: data.binned })}
            </Link>
          </>
        )}
      </p>
      {asked && (
        <ImageTaskDialog
          {...asked}
          region={list.region}
          recycleDays={data.recycleDays}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  )
}

function withoutCursor({ q, state, os, sort }: CustomImageParams) {
  return { q, state, os, sort }
}

function useColumns(
  list: CustomImageParams,
  onAsk: (task: ImageTask, image: CustomImage) => void,
): Column<CustomImage>[] {
  const t = useTranslations('images')
  const locale = useLocale()
  const failureText = useFailureText()
  const sort = (column: string, header: string) =>
    sortLink<CustomImage>(
      column,
      list,
      (order) => paths.customImages(list.region, { ...withoutCursor(list), sort: order }),
      t('sortBy', { column: header }),
    )
  return [
    {
      id: 'name',
      header: t('image'),
      sort: sort('name', t('image')),
      cell: (image) => (
        <>
          <ImageName region={list.region} {...image} />
          {image.failure && <Ellipsis text={failureText(image.failure)} lines="two" className="text-danger text-xs" />}
        </>
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
      cell: (image) => <ListTime at={image.createdAt} />,
    },
    {
      id: 'operation',
      header: t('operation'),
      card: 'foot',
      cell: (image) => <ImageOperations region={list.region} image={image} onAsk={(task) => onAsk(task, image)} />,
    },
  ]
}

function useFilters(list: CustomImageParams, data: CustomImageList | undefined): Filter[] {
  const t = useTranslations()
  const href = (change: Partial<CustomImageParams>) =>
    paths.customImages(list.region, { ...withoutCursor(list), ...change })
  const systems = data?.operatingSystems ?? []
  return [
    {
      id: 'state',
      label: t('images.filterState'),
      chosen: list.state ? t(`states.${list.state}`) : null,
      choices: imageStates.map((state) => ({
        label: t(`states.${state}`),
        href: href({ state }),
        isChosen: list.state === state,
      })),
      clearHref: href({ state: undefined }),
    },
    {
      id: 'os',
      label: t('images.filterOs'),
      chosen: list.os ?? null,
      choices: systems.map((os) => ({ label: os, href: href({ os }), isChosen: list.os === os })),
      clearHref: href({ os: undefined }),
    },
  ]
}
