'use client'

import dynamic from 'next/dynamic'
import { useFormatter, useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { late } from '@/components/ui/late'
import { Status } from '@/components/ui/status'
import { type Column, Table } from '@/components/ui/table'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import type { ImageShare, ImageShares } from '@/lib/shares/schema'
import { EndedShares } from './ended-shares'

const EmptyState = late(
  dynamic(() => latePart(() => import('@/components/ui/empty-state').then((module) => module.EmptyState))),
)

// Most rows show only a username.
const ShareMarks = late(dynamic(() => latePart(() => import('./share-marks').then((module) => module.ShareMarks))))

// Few recipients have used their share.
const LastUse = late(dynamic(() => latePart(() => import('./last-use').then((module) => module.LastUse))))

// Few usernames are long enough to be cut.
const Ellipsis = late(
  dynamic(() => latePart(() => import('@/components/ui/ellipsis').then((module) => module.Ellipsis))),
)
/** As many of the widest letters fit in the column. */
const plainNameMax = 18

const CancelShareDialog = dynamic(
  () => latePart(() => import('./cancel-share-dialog').then((module) => module.CancelShareDialog)),
  { ssr: false },
)

type ShareTableProps = {
  region: string
  shares: ImageShares
  /** The shares that this page has just made. */
  added: ImageShare[]
}

/** The recipients of an image, with dates and sharers. */
export function ShareTable({ region, shares, added }: ShareTableProps) {
  const t = useTranslations('share')
  const [cancelling, setCancelling] = useState<ListedShare | null>(null)
  const [ended, setEnded] = useState<ImageShare[]>([])
  const marked = useMarked(added)
  const [last] = ended
  // False if the account has the image again.
  const isNews = last && !shares.shares.some(({ username }) => username === last.username)
  const columns = useColumns({ region, imageId: shares.image.id, marked, onCancel: setCancelling })
  return (
    <Card title={t('listTitle')}>
      <Status className="px-4 py-2">{isNews && t('ended', { username: last.username })}</Status>
      <EndedShares shareIds={shares.shares.map(({ id }) => id)} endedHere={new Set(ended.map(({ id }) => id))} />
      <Table
        caption={t('caption', { name: shares.image.name })}
        columns={columns}
        rows={shares.shares}
        rowKey={(share) => share.id}
        empty={<EmptyState title={t('empty')}>{t('emptyNext')}</EmptyState>}
      />
      {cancelling && (
        <CancelShareDialog
          share={{ ...cancelling, image: shares.image.name }}
          side="sharer"
          onClose={() => setCancelling(null)}
          onEnded={() => setEnded((before) => [cancelling, ...before])}
        />
      )}
    </Card>
  )
}

type ListedShare = ImageShares['shares'][number]

function hasMarks({ id, status, until, note }: ListedShare, marked: ReadonlySet<string>): boolean {
  return marked.has(id) || status === 'PENDING' || until !== null || note !== ''
}

type ColumnsOf = {
  region: string
  imageId: string
  marked: ReadonlySet<string>
  onCancel: (share: ListedShare) => void
}

function useColumns({ region, imageId, marked, onCancel }: ColumnsOf): Column<ListedShare>[] {
  const t = useTranslations('share')
  const tSharing = useTranslations('sharing')
  const format = useFormatter()
  const may = useMay()
  const canCancel = may('shares.give', region)
  return [
    {
      id: 'username',
      header: t('username'),
      cell: (share) => (
        <>
          <span className="mr-2 font-medium">{share.username}</span>
          {hasMarks(share, marked) && <ShareMarks share={share} isNew={marked.has(share.id)} />}
        </>
      ),
    },
    {
      id: 'sharedAt',
      header: t('sharedSince'),
      cell: ({ sharedAt }) => format.dateTime(new Date(sharedAt), { dateStyle: 'medium', timeStyle: 'short' }),
    },
    {
      id: 'sharedBy',
      header: t('sharedBy'),
      cell: ({ sharedBy }) =>
        sharedBy.length > plainNameMax ? (
          <Ellipsis text={sharedBy} className="@min-[794px]/table-room:max-w-60" />
        ) : (
          sharedBy
        ),
    },
    {
      id: 'lastUsed',
      header: tSharing('lastUsed'),
      cell: ({ lastUsedAt, instances }) =>
        lastUsedAt ? <LastUse at={lastUsedAt} instances={instances} /> : tSharing('never'),
    },
    {
      id: 'operation',
      card: 'corner',
      header: t('operation'),
      cell: (share) =>
        canCancel && (
          <Button
            kind="text-danger"
            aria-label={`${t('cancel')}, ${share.username}`}
            href={paths.cancelSharing(region, imageId, share.id)}
            onClick={() => onCancel(share)}
            className="-mx-1.5"
          >
            {t('cancel')}
          </Button>
        ),
    },
  ]
}

/** How long an added recipient stays highlighted, so that it can be found below the form. */
const markedMs = 15_000

function useMarked(added: ImageShare[]): ReadonlySet<string> {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => {
    if (added.length === 0) return
    setMarked(new Set(added.map(({ id }) => id)))
    const timer = setTimeout(() => setMarked(new Set()), markedMs)
    return () => clearTimeout(timer)
  }, [added])
  return marked
}
