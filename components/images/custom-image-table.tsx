'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useRegionName } from '@/components/shell/current-region'
import { useMay } from '@/components/shell/rights'
import { late } from '@/components/ui/late'
import { Table } from '@/components/ui/table'
import { useSelection } from '@/components/ui/use-selection'
import { customImagesQuery } from '@/lib/images/queries'
import { imageStates, isInRecycleBin } from '@/lib/images/rules'
import type { CustomImage, CustomImageList, CustomImageParams } from '@/lib/images/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { useCustomImageColumns } from './custom-image-columns'
import type { ImageTask } from './image-tasks'
import { customSorts, keptOrder, withoutCursor } from './list-links'
import { ListPager } from './list-pager'
import { type Filter, ListToolbar } from './list-toolbar'
import { QuotaLine } from './quota-line'

// Only the recycle bin needs it.
const RecycleBinHeader = late(
  dynamic(() => latePart(() => import('./recycle-bin-header').then((module) => module.RecycleBinHeader))),
)

const NoCustomImages = late(
  dynamic(() => latePart(() => import('./no-images').then((module) => module.NoCustomImages))),
)

// Accounts with fewer than two images have nothing to select.
const loadSelection = () => latePart(() => import('./selected-images'))
const SelectedImages = late(dynamic(() => loadSelection().then((module) => module.SelectedImages)))
const ImageCheckbox = late(dynamic(() => loadSelection().then((module) => module.ImageCheckbox)))

const ImageTaskDialog = dynamic(
  () => latePart(() => import('./image-task-dialog').then((module) => module.ImageTaskDialog)),
  { ssr: false },
)

/** The tab "Custom Images": the viewer's own images in a region, or those in the recycle bin. */
export function CustomImageTable({ list }: { list: CustomImageParams }) {
  const t = useTranslations('images')
  const tSorts = useTranslations('sorts')
  const regionName = useRegionName()
  const { data, dataUpdatedAt, fetchStatus, isError, failureReason, refetch } = useQuery(customImagesQuery(list))
  const [asked, setAsked] = useState<{ task: ImageTask; image: CustomImage } | null>(null)
  const filters = useFilters(list, data)
  const isBin = isInRecycleBin(list.state)
  const selection = useSelection(data?.items.map(({ id }) => id) ?? [])
  const may = useMay()
  const canSelect = (may('shares.give', list.region) || may('images.change', list.region)) && !isBin
  const isSelecting = canSelect && (data?.items.length ?? 0) > 1
  const columns = useCustomImageColumns(list, {
    onAsk: (task, image) => setAsked({ task, image }),
    select: isSelecting ? (image) => <ImageCheckbox image={image} selection={selection} /> : null,
  })
  if (!data) return null
  const href = (change: Parameters<typeof paths.customImages>[1]) =>
    paths.customImages(list.region, { ...withoutCursor(list), ...change })
  return (
    <section className="rounded-card border border-line bg-surface-raised">
      {isBin && <RecycleBinHeader region={list.region} bin={data} />}
      <ListToolbar
        action={paths.customImages(list.region)}
        search={list.q}
        searchHref={(q) => href({ q })}
        searchLabel={t('searchLabel')}
        kept={{ state: list.state, os: list.os, tag: list.tag, ...keptOrder(list) }}
        filters={filters}
        clearHref={data.items.length > 0 ? paths.customImages(list.region, { sort: list.sort, size: list.size }) : null}
        sorts={customSorts.map((sort) => ({
          label: tSorts(sort),
          href: href({ sort }),
          isChosen: sort === list.sort,
        }))}
        updatedAt={dataUpdatedAt}
        fetchStatus={fetchStatus}
        isFailed={isError || failureReason !== null}
        onRefresh={() => refetch()}
      />
      {isSelecting && <SelectedImages region={list.region} selection={selection} />}
      <Table
        caption={isBin ? t('captionBin') : t('captionCustom', { region: regionName(list.region) })}
        columns={columns}
        rows={data.items}
        rowKey={(image) => image.id}
        empty={<NoCustomImages list={list} />}
      />
      <ListPager list={list} shown={data} href={href} />
      <QuotaLine quota={data.quota}>
        {data.binned > 0 && !isBin && (
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
      </QuotaLine>
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

function useFilters(list: CustomImageParams, data: CustomImageList | undefined): Filter[] {
  const t = useTranslations()
  const filter = (id: 'state' | 'os' | 'tag', label: string, values: { value: string; label: string }[]): Filter => {
    const href = (value?: string) => paths.customImages(list.region, { ...withoutCursor(list), [id]: value })
    const choices = values.map(({ value, label }) => ({ label, href: href(value), isChosen: list[id] === value }))
    const chosen = choices.find(({ isChosen }) => isChosen)?.label ?? (list[id] || null)
    return { id, label, chosen, choices, clearHref: href() }
  }
  const asIs = (value: string) => ({ value, label: value })
  const states = imageStates.map((state) => ({ value: state, label: t(`states.${state}`) }))
  const tags = data?.tags ?? []
  return [
    filter('state', t('images.filterState'), states),
    filter('os', t('images.filterOs'), (data?.operatingSystems ?? []).map(asIs)),
    // No filter by tag while no image has one.
    ...(list.tag || tags.length > 0 ? [filter('tag', t('tags.filter'), tags.map(asIs))] : []),
  ]
}
