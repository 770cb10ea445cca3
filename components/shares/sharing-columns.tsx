'use client'

import { useTranslations } from 'next-intl'
import { sortLink } from '@/components/images/list-links'
import { ListTime } from '@/components/images/list-time'
import { RowName } from '@/components/shell/row-name'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Ellipsis } from '@/components/ui/ellipsis'
import type { Column } from '@/components/ui/table'
import { paths } from '@/lib/paths'
import type { ListedShare, ShareListParams } from '@/lib/shares/schema-list'
import { LastUse } from './last-use'
import { LastUseBelow } from './last-use-below'

/** The columns of the Sharing page: image, other side, dates and use. Without `onCancel` there are no operations. */
export function useSharingColumns(
  list: ShareListParams,
  onCancel: ((share: ListedShare) => void) | null,
): Column<ListedShare>[] {
  return [...useWho(list), ...useWhen(list), ...useUse(), ...useOperation(list, onCancel)]
}

/** Null for a pending share: a recipient learns the image's id only by accepting, on the Shared Images tab. */
function imageHref(region: string, { imageId }: ListedShare) {
  return imageId ? paths.image(region, imageId) : paths.sharedImages(region)
}

function useWho({ region }: ShareListParams): Column<ListedShare>[] {
  const t = useTranslations('sharing')
  return [
    {
      id: 'image',
      header: t('image'),
      cell: (share) => (
        <>
          <RowName id={share.imageId} name={share.image} href={imageHref(region, share)}>
            <p className="table-narrow truncate text-ink-muted text-xs">
              {t('sharedByLine', { username: share.sharedBy })}
            </p>
            <LastUseBelow share={share} />
          </RowName>
          {share.note && <p className="max-w-[60ch] whitespace-pre-line text-ink-muted text-xs">{share.note}</p>}
        </>
      ),
    },
    {
      id: 'account',
      header: t('account'),
      cell: (share) => (
        <Ellipsis
          text={share.username}
          className="@min-[1140px]/table-room:max-w-40 @min-[794px]/table-room:max-w-24"
        />
      ),
    },
  ]
}

function useWhen(list: ShareListParams): Column<ListedShare>[] {
  const t = useTranslations('sharing')
  const tImages = useTranslations('images')
  const { region, tab, q, state, size } = list
  const sort = (column: string, header: string) =>
    sortLink<ListedShare>(
      column,
      list,
      (order) => paths.sharing(region, { tab, q, size, sort: order, ...(state ? { state } : {}) }),
      tImages('sortBy', { column: header }),
    )
  return [
    {
      id: 'createdAt',
      header: t('since'),
      sort: sort('createdAt', t('since')),
      cell: (share) => <ListTime at={share.sharedAt} isShort />,
    },
    {
      id: 'expiresAt',
      header: t('until'),
      sort: sort('expiresAt', t('until')),
      cell: ({ until }) =>
        until ? <ListTime at={until} isShort /> : <span className="text-ink-muted">{t('noEnd')}</span>,
    },
    {
      id: 'sharedBy',
      header: t('sharedBy'),
      isWideOnly: true,
      cell: (share) => (
        <Ellipsis
          text={share.sharedBy}
          className="@min-[1140px]/table-room:max-w-40 @min-[794px]/table-room:max-w-24"
        />
      ),
    },
  ]
}

function useUse(): Column<ListedShare>[] {
  const t = useTranslations('sharing')
  return [
    {
      id: 'state',
      header: t('state'),
      card: 'corner',
      cell: ({ state }) => <Badge tone={state === 'PENDING' ? 'warn' : 'ok'}>{t(`states.${state}`)}</Badge>,
    },
    {
      id: 'lastUsed',
      header: t('lastUsed'),
      isWideOnly: true,
      cell: ({ lastUsedAt, instances }) =>
        lastUsedAt ? <LastUse at={lastUsedAt} instances={instances} isShort /> : t('never'),
    },
  ]
}

function useOperation(
  { region }: ShareListParams,
  onCancel: ((share: ListedShare) => void) | null,
): Column<ListedShare>[] {
  const t = useTranslations('sharing')
  if (!onCancel) return []
  return [
    {
      id: 'operation',
      header: t('operation'),
      card: 'foot',
      cell: (share) => (
        <div className="row-operations">
          <Button
            kind="text-danger"
            aria-label={`${t('cancel')}, ${share.image}, ${share.username}`}
            href={share.imageId ? paths.cancelSharing(region, share.imageId, share.id) : imageHref(region, share)}
            onClick={() => onCancel(share)}
          >
            {t('cancel')}
          </Button>
        </div>
      ),
    },
  ]
}
