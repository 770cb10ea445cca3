'use client'

import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { ListSearch } from '@/components/images/list-search'
import { Badge } from '@/components/ui/badge'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { Ellipsis } from '@/components/ui/ellipsis'
import { EmptyState } from '@/components/ui/empty-state'
import { type Column, Table } from '@/components/ui/table'
import { formatBytes } from '@/lib/format'
import { imagesOffered } from '@/lib/instances/rules'
import type { InstanceImage } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'

type ImageChoiceProps = { region: string; q: string; images: InstanceImage[] }

/** The images that an instance can be created from. Each is a link to this page with the image chosen. */
export function ImageChoice({ region, q, images }: ImageChoiceProps) {
  const t = useTranslations('createInstance')
  const columns = useColumns(region)
  return (
    <Card title={t('chooseTitle')} line={t('chooseLine')}>
      <div className="table-room border-line border-b px-4 py-3">
        <ListSearch
          action={paths.createInstance(region)}
          search={q}
          label={t('chooseSearch')}
          kept={{}}
          href={(typed) => paths.createInstance(region, undefined, typed)}
        />
      </div>
      <Table
        caption={t('chooseCaption')}
        columns={columns}
        rows={images}
        rowKey={(image) => image.id}
        empty={<NoImages region={region} q={q} />}
      />
      {images.length === imagesOffered && (
        <p className="border-line border-t px-4 py-2 text-ink-muted text-xs">
          {t('chooseMore', { count: imagesOffered })}
        </p>
      )}
    </Card>
  )
}

function useColumns(region: string): Column<InstanceImage>[] {
  const t = useTranslations('createInstance')
  const tImages = useTranslations('images')
  const locale = useLocale()
  return [
    {
      id: 'name',
      header: tImages('image'),
      cell: (image) => (
        <>
          <Ellipsis text={image.name} className="font-medium" />
          <span className="flex flex-wrap items-center gap-2">
            <span className="font-mono text-ink-muted text-xs">{image.id}</span>
            {image.isDeprecated && <Badge tone="warn">{tImages('deprecated')}</Badge>}
          </span>
        </>
      ),
    },
    {
      id: 'owner',
      header: tImages('sharedBy'),
      cell: (image) => (
        <Ellipsis text={image.isShared ? image.owner : t('own')} className="@min-[794px]/table-room:max-w-40" />
      ),
    },
    {
      id: 'operatingSystem',
      header: tImages('operatingSystem'),
      isWideOnly: true,
      cell: (image) => <Ellipsis text={image.operatingSystem} className="@min-[794px]/table-room:max-w-56" />,
    },
    {
      id: 'virtualSize',
      header: tImages('size'),
      align: 'right',
      card: 'half',
      cell: (image) => formatBytes(image.virtualSize, locale),
    },
    {
      id: 'operation',
      header: tImages('operation'),
      card: 'foot',
      cell: (image) => (
        <Link
          href={paths.createInstance(region, image.id)}
          aria-label={`${t('choose')}, ${image.name}`}
          className={`${buttonClass('text')} -mx-1.5`}
        >
          {t('choose')}
        </Link>
      ),
    },
  ]
}

function NoImages({ region, q }: { region: string; q: string }) {
  const t = useTranslations('createInstance')
  const importTitle = useTranslations('import')('title')
  if (q) return <EmptyState title={t('chooseNothing', { query: q })} />
  return (
    <EmptyState title={t('chooseEmpty')}>
      <p className="mb-3">{t('chooseEmptyNext')}</p>
      <Link href={paths.importImage(region)} className={buttonClass('secondary')}>
        {importTitle}
      </Link>
    </EmptyState>
  )
}
