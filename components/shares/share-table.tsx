'use client'

import dynamic from 'next/dynamic'
import { useFormatter, useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Ellipsis } from '@/components/ui/ellipsis'
import { EmptyState } from '@/components/ui/empty-state'
import { type Column, Table } from '@/components/ui/table'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import type { ImageShare, ImageShares } from '@/lib/shares/schema'

const CancelShareDialog = dynamic(() =>
  latePart(() => import('./cancel-share-dialog').then((module) => module.CancelShareDialog)),
)

/** The shared images list: who has this image, since when, and who gave it. */
export function ShareTable({ region, shares }: { region: string; shares: ImageShares }) {
  const t = useTranslations('share')
  const format = useFormatter()
  const [cancelling, setCancelling] = useState<ImageShare | null>(null)
  const columns: Column<ImageShare>[] = [
    {
      id: 'username',
      header: t('username'),
      cell: (share) => (
        <>
          <span className="font-medium">{share.username}</span>
          {share.note && <p className="max-w-[60ch] whitespace-pre-line text-ink-muted text-xs">{share.note}</p>}
        </>
      ),
    },
    {
      id: 'sharedAt',
      header: t('sharedSince'),
      cell: (share) => format.dateTime(new Date(share.sharedAt), { dateStyle: 'medium', timeStyle: 'short' }),
    },
    {
      id: 'sharedBy',
      header: t('sharedBy'),
      cell: (share) => <Ellipsis text={share.sharedBy} className="@min-[794px]/table-room:max-w-60" />,
    },
    {
      id: 'operation',
      card: 'corner',
      header: t('operation'),
      cell: (share) => (
        <Button
          kind="text-danger"
          aria-label={`${t('cancel')}, ${share.username}`}
          href={paths.cancelSharing(region, shares.image.id, share.id)}
          onClick={() => setCancelling(share)}
          className="-mx-1.5"
        >
          {t('cancel')}
        </Button>
      ),
    },
  ]
  return (
    <Card title={t('listTitle')}>
      <Table
        caption={t('caption', { name: shares.image.name })}
        columns={columns}
        rows={shares.shares}
        rowKey={(share) => share.id}
        empty={<EmptyState title={t('empty')}>{t('emptyNext')}</EmptyState>}
      />
      {cancelling && (
        <CancelShareDialog
          share={{ id: cancelling.id, username: cancelling.username, image: shares.image.name }}
          side="sharer"
          onClose={() => setCancelling(null)}
        />
      )}
    </Card>
  )
}
