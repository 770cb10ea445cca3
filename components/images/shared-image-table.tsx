'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { HeldCheckLine } from '@/components/checks/held-check-line'
import { EndedShares } from '@/components/shares/ended-shares'
import { useRegionName } from '@/components/shell/current-region'
import { useMay } from '@/components/shell/rights'
import { RowName } from '@/components/shell/row-name'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Ellipsis } from '@/components/ui/ellipsis'
import { late } from '@/components/ui/late'
import { Status } from '@/components/ui/status'
import { type Column, Table } from '@/components/ui/table'
import { formatBytes } from '@/lib/format'
import { latePart } from '@/lib/late-part'
import { pageIdentity } from '@/lib/page-identity'
import { paths } from '@/lib/paths'
import { markSharesSeenAction } from '@/lib/shares/actions'
import { sharedImagesQuery } from '@/lib/shares/queries'
import type { SharedImage, SharedImageList, SharedImageParams } from '@/lib/shares/schema'
import { keptOrder, sharedSorts, sortLink } from './list-links'
import { ListPager } from './list-pager'
import { ListTime } from './list-time'
import { type Filter, ListToolbar } from './list-toolbar'
import { OperatingSystem, OperatingSystemBelow } from './operating-system'
import type { Answer } from './pending-share'
import { QuotaLine } from './quota-line'

const CancelShareDialog = dynamic(
  () => latePart(() => import('@/components/shares/cancel-share-dialog').then((module) => module.CancelShareDialog)),
  { ssr: false },
)

const AnswerShare = late(dynamic(() => latePart(() => import('./pending-share').then((module) => module.AnswerShare))))
const ShareEnds = late(dynamic(() => latePart(() => import('./pending-share').then((module) => module.ShareEnds))))

/** An accepted share, whose image can be opened. */
type HeldItem = SharedImage & { imageId: string }

const NoSharedImages = late(
  dynamic(() => latePart(() => import('./no-images').then((module) => module.NoSharedImages))),
)

/** The tab "Shared Images": images that others share with the viewer's master account in a region. */
export function SharedImageTable({ list }: { list: SharedImageParams }) {
  const t = useTranslations('images')
  const tSorts = useTranslations('sorts')
  const tEnded = useTranslations('ended')
  const regionName = useRegionName()
  const { data, dataUpdatedAt, fetchStatus, isError, failureReason, refetch } = useQuery(sharedImagesQuery(list))
  const [cancelling, setCancelling] = useState<HeldItem | null>(null)
  const [ended, setEnded] = useState<SharedImage[]>([])
  const [answered, setAnswered] = useState<{ answer: Answer; image: SharedImage } | null>(null)
  const newIds = useNewShares(data)
  const columns = useColumns(list, newIds, setCancelling, (answer, image) => {
    setAnswered({ answer, image })
    if (answer === 'decline') setEnded((before) => [image, ...before])
  })
  const filters = useFilters(list, data)
  if (!data) return null
  const [last] = ended
  // A renewed share is in the list again.
  const isNews = !data.items.some(({ imageId }) => imageId === last?.imageId)
  const href = (change: Parameters<typeof paths.sharedImages>[1]) =>
    paths.sharedImages(list.region, { ...withoutCursor(list), ...change })
  return (
    <section className="rounded-card border border-line bg-surface-raised">
      <ListToolbar
        action={paths.sharedImages(list.region)}
        search={list.q}
        searchHref={(q) => href({ q })}
        searchLabel={t('searchSharedLabel')}
        kept={{ os: list.os, ...keptOrder(list) }}
        filters={filters}
        clearHref={data.items.length > 0 ? href({ q: '', os: undefined }) : null}
        sorts={sharedSorts.map((sort) => ({
          label: tSorts(sort),
          href: href({ sort }),
          isChosen: sort === list.sort,
        }))}
        updatedAt={dataUpdatedAt}
        fetchStatus={fetchStatus}
        isFailed={isError || failureReason !== null}
        onRefresh={() => refetch()}
      />
      <Status className="border-line border-t px-4 py-2">
        {answered
          ? t(answered.answer === 'accept' ? 'accepted' : 'declined', {
              image: answered.image.name,
              sharer: answered.image.sharer,
            })
          : last && isNews && tEnded('here', { image: last.name, other: last.sharer })}
      </Status>
      <EndedShares
        key={JSON.stringify(list)}
        shareIds={data.items.map((image) => image.shareId)}
        endedHere={new Set(ended.map((image) => image.shareId))}
      />
      <Table
        caption={t('captionShared', { region: regionName(list.region) })}
        columns={columns}
        rows={data.items}
        rowKey={(image) => image.shareId}
        empty={<NoSharedImages list={list} />}
      />
      <ListPager list={list} shown={data} href={href} />
      <QuotaLine quota={data.quota} />
      {cancelling && (
        <CancelShareDialog
          share={{ id: cancelling.shareId, username: cancelling.sharer, image: cancelling.name, instances: 0 }}
          count={{ region: list.region, imageId: cancelling.imageId }}
          side="recipient"
          onClose={() => setCancelling(null)}
          onEnded={() => {
            setAnswered(null)
            setEnded((before) => [cancelling, ...before])
          }}
        />
      )}
    </section>
  )
}

function withoutCursor({ q, os, sort, size }: SharedImageParams) {
  return { q, os, sort, size }
}

/**
 * The shares that were new when the page first showed them. They keep their badge while the page is open; the database
 * marks them as seen, so that the next visit shows them as old.
 */
function useNewShares(data: SharedImageList | undefined): Set<string> {
  const [newIds, setNewIds] = useState(
    () => new Set(data?.items.filter((image) => image.isNew).map((image) => image.shareId)),
  )
  const told = useRef(new Set<string>())
  useEffect(() => {
    const unseen =
      data?.items.filter((image) => image.isNew && !told.current.has(image.shareId)).map((image) => image.shareId) ?? []
    if (unseen.length === 0) return
    for (const id of unseen) told.current.add(id)
    setNewIds((before) => new Set([...before, ...unseen]))
    // A failure is ignored: the badge reappears at the next visit.
    markSharesSeenAction({ shareIds: unseen }, pageIdentity()).catch(() => {})
  }, [data])
  return newIds
}

function useColumns(
  list: SharedImageParams,
  newIds: Set<string>,
  onCancel: (image: HeldItem) => void,
  onAnswered: (answer: Answer, image: SharedImage) => void,
): Column<SharedImage>[] {
  const may = useMay()
  const t = useTranslations('images')
  const locale = useLocale()
  return [
    {
      id: 'name',
      header: t('image'),
      cell: (image) => (
        <>
          <RowName
            id={image.imageId}
            name={image.name}
            href={image.imageId === null ? undefined : paths.image(list.region, image.imageId)}
            badge={
              <>
                {newIds.has(image.shareId) && <Badge tone="accent">{t('new')}</Badge>}
                {image.isDeprecated && <Badge tone="warn">{t('deprecated')}</Badge>}
              </>
            }
          >
            <OperatingSystemBelow name={image.operatingSystem} />
          </RowName>
          {image.check && (
            <p className="text-ink-muted text-xs">
              <HeldCheckLine check={image.check} />
            </p>
          )}
          {(image.status === 'PENDING' || image.until) && <ShareEnds image={image} />}
          {image.note && <p className="max-w-[60ch] whitespace-pre-line text-ink-muted text-xs">{image.note}</p>}
        </>
      ),
    },
    {
      id: 'sharer',
      header: t('sharedBy'),
      cell: (image) => <Ellipsis text={image.sharer} className="@min-[794px]/table-room:max-w-40" />,
    },
    {
      id: 'operatingSystem',
      header: t('operatingSystem'),
      isWideOnly: true,
      cell: (image) => <OperatingSystem name={image.operatingSystem} />,
    },
    {
      id: 'virtualSize',
      header: t('size'),
      align: 'right',
      card: 'half',
      cell: (image) => formatBytes(image.virtualSize, locale),
    },
    {
      id: 'createdAt',
      header: t('sharedSince'),
      sort: sortLink(
        'createdAt',
        list,
        (order) => paths.sharedImages(list.region, { ...withoutCursor(list), sort: order }),
        t('sortBy', { column: t('sharedSince') }),
      ),
      cell: (image) => <ListTime at={image.sharedAt} />,
    },
    {
      id: 'operation',
      header: t('operation'),
      card: 'foot',
      cell: (image) =>
        image.imageId === null ? (
          may('shares.receive', list.region) && <AnswerShare image={image} onAnswered={onAnswered} />
        ) : (
          <div className="row-operations">
            {may('instances.change', list.region) && (
              <Link
                href={paths.createInstance(list.region, image.imageId)}
                aria-label={`${t('createInstance')}, ${image.name}`}
                className={buttonClass('text')}
              >
                {t('createInstance')}
              </Link>
            )}
            {may('shares.receive', list.region) && (
              <Button
                kind="text-danger"
                aria-label={`${t('cancelSharing')}, ${image.name}`}
                href={paths.cancelSharing(list.region, image.imageId, image.shareId)}
                onClick={() => onCancel({ ...image, imageId: image.imageId ?? '' })}
              >
                {t('cancelSharing')}
              </Button>
            )}
          </div>
        ),
    },
  ]
}

function useFilters(list: SharedImageParams, data: SharedImageList | undefined): Filter[] {
  const t = useTranslations('images')
  const href = (os: string | undefined) => paths.sharedImages(list.region, { ...withoutCursor(list), os })
  return [
    {
      id: 'os',
      label: t('filterOs'),
      chosen: list.os ?? null,
      choices: (data?.operatingSystems ?? []).map((os) => ({ label: os, href: href(os), isChosen: list.os === os })),
      clearHref: href(undefined),
    },
  ]
}
