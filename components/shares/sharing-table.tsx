'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { keptOrder } from '@/components/images/list-links'
import { ListPager } from '@/components/images/list-pager'
import { type Filter, ListToolbar } from '@/components/images/list-toolbar'
import { useRegionName } from '@/components/shell/current-region'
import { useMay } from '@/components/shell/rights'
import { late } from '@/components/ui/late'
import { SelectRow } from '@/components/ui/select-row'
import { Status } from '@/components/ui/status'
import { type RowSelection, Table } from '@/components/ui/table'
import { useSelection } from '@/components/ui/use-selection'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { shareListQuery } from '@/lib/shares/queries'
import { type ListedShare, type ShareListParams, shareListSorts, shareStates } from '@/lib/shares/schema-list'
import { EndedShares } from './ended-shares'
import { SelectionBar, selectionForm } from './selection-bar'
import { useSharingColumns } from './sharing-columns'

const NoShares = late(dynamic(() => latePart(() => import('./no-shares').then((module) => module.NoShares))))

const CancelShareDialog = dynamic(
  () => latePart(() => import('./cancel-share-dialog').then((module) => module.CancelShareDialog)),
  { ssr: false },
)
const CancelManyDialog = dynamic(
  () => latePart(() => import('./cancel-many-dialog').then((module) => module.CancelManyDialog)),
  { ssr: false },
)

/** A tab of the Sharing page: the given or received shares of the viewer's master account in a region. */
export function SharingTable({ list }: { list: ShareListParams }) {
  const t = useTranslations('sharing')
  const regionName = useRegionName()
  const { data } = useQuery(shareListQuery(list))
  const [cancelling, setCancelling] = useState<ListedShare[]>([])
  const [ended, setEnded] = useState<ListedShare[]>([])
  const selection = useSelection(data?.items.map(({ id }) => id) ?? [])
  const isGiven = list.tab === 'given'
  const canChange = useMay()(isGiven ? 'shares.give' : 'shares.receive', list.region)
  const columns = useSharingColumns(list, canChange ? (share) => setCancelling([share]) : null)
  const selectionOf = useSelectionColumn()
  if (!data) return null
  const selectedShares = data.items.filter(({ id }) => selection.selected.has(id))
  const [last] = ended
  return (
    <section className="rounded-card border border-line bg-surface-raised">
      <SharingToolbar list={list} hasRows={data.items.length > 0} />
      {data.items.length > 0 && (
        <SelectionBar
          list={list}
          selection={canChange ? selection : null}
          onCancel={() => setCancelling(selectedShares)}
        />
      )}
      <Status className="border-line border-b px-4 py-2">
        {ended.length > 1
          ? t('cancelled', { count: ended.length })
          : last && t('endedHere', { image: last.image, username: last.username })}
      </Status>
      <EndedShares
        key={JSON.stringify(list)}
        shareIds={data.items.map(({ id }) => id)}
        endedHere={new Set(ended.map(({ id }) => id))}
      />
      <Table
        caption={t(isGiven ? 'captionGiven' : 'captionReceived', { region: regionName(list.region) })}
        columns={columns}
        rows={data.items}
        rowKey={(share) => share.id}
        empty={<NoShares list={list} />}
        {...(canChange && { selection: selectionOf(selection) })}
      />
      <ListPager list={list} shown={data} href={(change) => sharingHref(list, change)} />
      <CancelDialog list={list} shares={cancelling} onClose={() => setCancelling([])} onEnded={setEnded} />
    </section>
  )
}

/** The column of checkboxes, for accounts that may change shares. */
function useSelectionColumn() {
  const t = useTranslations('sharing')
  return ({ selected, toggle }: ReturnType<typeof useSelection>): RowSelection<ListedShare> => ({
    header: t('select'),
    cell: ({ id, image, username }) => (
      <SelectRow
        form={selectionForm}
        name="ids"
        value={id}
        label={t('selectRow', { image, username })}
        isSelected={selected.has(id)}
        onToggle={toggle}
      />
    ),
  })
}

type CancelDialogProps = {
  list: ShareListParams
  shares: ListedShare[]
  onClose: () => void
  onEnded: (shares: ListedShare[]) => void
}

function CancelDialog({ list: { tab }, shares, onClose, onEnded }: CancelDialogProps) {
  const [only] = shares
  if (!only) return null
  if (shares.length > 1)
    return <CancelManyDialog shares={shares} tab={tab} onClose={onClose} onEnded={() => onEnded(shares)} />
  return (
    <CancelShareDialog
      share={only}
      side={tab === 'given' ? 'sharer' : 'recipient'}
      onClose={onClose}
      onEnded={() => onEnded(shares)}
    />
  )
}

type Change = {
  q?: string
  state?: ShareListParams['state']
  sort?: string
  size?: number
  after?: string
  before?: string
}

/** The URL of the list with some parameters changed. Drops the cursor. */
function sharingHref({ region, tab, q, state, sort, size }: ShareListParams, change: Change) {
  const { state: asked, ...rest } = { q, state, sort, size, ...change }
  return paths.sharing(region, { tab, ...rest, ...(asked ? { state: asked } : {}) })
}

function SharingToolbar({ list, hasRows }: { list: ShareListParams; hasRows: boolean }) {
  const t = useTranslations('sharing')
  const tSorts = useTranslations('sorts')
  const { dataUpdatedAt, fetchStatus, isError, failureReason, refetch } = useQuery(shareListQuery(list))
  return (
    <ListToolbar
      action={paths.sharing(list.region)}
      search={list.q}
      searchHref={(q) => sharingHref(list, { q })}
      searchLabel={t('searchLabel')}
      kept={{ tab: list.tab === 'given' ? list.tab : undefined, state: list.state, ...keptOrder(list) }}
      filters={useFilters(list)}
      clearHref={hasRows ? sharingHref(list, { q: '', state: undefined }) : null}
      sorts={shareListSorts.map((sort) => ({
        label: tSorts(sort),
        href: sharingHref(list, { sort }),
        isChosen: sort === list.sort,
      }))}
      updatedAt={dataUpdatedAt}
      fetchStatus={fetchStatus}
      isFailed={isError || failureReason !== null}
      onRefresh={() => refetch()}
    />
  )
}

function useFilters(list: ShareListParams): Filter[] {
  const t = useTranslations()
  return [
    {
      id: 'state',
      label: t('images.filterState'),
      chosen: list.state ? t(`sharing.states.${list.state}`) : null,
      choices: shareStates.map((state) => ({
        label: t(`sharing.states.${state}`),
        href: sharingHref(list, { state }),
        isChosen: list.state === state,
      })),
      clearHref: sharingHref(list, { state: undefined }),
    },
  ]
}
