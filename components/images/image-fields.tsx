'use client'

import Link from 'next/link'
import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { useMay } from '@/components/shell/rights'
import { CopyButton } from '@/components/ui/copy-button'
import { DefinitionList } from '@/components/ui/definition-list'
import { formatBytes } from '@/lib/format'
import { canImage } from '@/lib/images/rules'
import type { HeldImage, OwnImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import { TagList } from './tag-list'

/** Every field of an own image. */
export function OwnImageFields({ image }: { image: OwnImage }) {
  const t = useTranslations('images')
  const format = useFormatter()
  const tags = useTranslations('tags')
  const common = useCommonFields(image)
  const bytes = useBytes()
  const minimum = (amount: number | null, unit: string) =>
    amount === null ? t('notKnown') : `${format.number(amount)} ${unit}`
  return (
    <DefinitionList
      items={[
        ...common,
        { term: t('format'), value: <Format image={image} /> },
        { term: t('bootMode'), value: image.bootMode ?? t('notKnown') },
        { term: t('virtualSize'), value: bytes(image.virtualSize) },
        { term: t('fileSize'), value: bytes(image.size) },
        { term: t('minDisk'), value: minimum(image.minDiskGib, 'GiB') },
        { term: t('minMemory'), value: minimum(image.minMemoryMib, 'MiB') },
        { term: t('source'), value: <Source image={image} /> },
        ...(image.origin.name ? [{ term: t('originName'), value: image.origin.name }] : []),
        {
          term: t('created'),
          value: format.dateTime(new Date(image.createdAt), { dateStyle: 'long', timeStyle: 'short' }),
        },
        { term: t('sha256'), value: image.sha256 ? <Code text={image.sha256} label={t('sha256')} /> : '–' },
        ...originSum(image).map((sum) => ({
          term: t('originSha256'),
          value: <Code text={sum} label={t('originSha256')} />,
        })),
        { term: tags('title'), value: <Tags image={image} /> },
        {
          term: t('description'),
          value: <span className="whitespace-pre-line">{image.description || t('none')}</span>,
        },
      ]}
    />
  )
}

/** The fields of an image that a recipient may see. */
export function HeldImageFields({ image }: { image: HeldImage }) {
  const t = useTranslations('images')
  const format = useFormatter()
  const common = useCommonFields(image)
  const bytes = useBytes()
  return (
    <DefinitionList
      items={[
        ...common,
        { term: t('virtualSize'), value: bytes(image.virtualSize) },
        { term: t('fileSize'), value: bytes(image.size) },
        { term: t('sharedBy'), value: image.sharer },
        {
          term: t('sharedSince'),
          value: format.dateTime(new Date(image.sharedAt), { dateStyle: 'long', timeStyle: 'short' }),
        },
        { term: t('note'), value: <span className="whitespace-pre-line">{image.note || t('none')}</span> },
      ]}
    />
  )
}

function Tags({ image }: { image: OwnImage }) {
  const t = useTranslations('images')
  const tags = useTranslations('tags')
  const may = useMay()
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      {image.tags.length > 0 ? <TagList region={image.regionId} tags={image.tags} /> : t('none')}
      {may('images.change', image.regionId) && canImage('edit', image.state) && (
        <Link
          href={paths.editImage(image.regionId, image.id, 'tags')}
          className="rounded-sm font-medium text-accent hover:underline"
        >
          {tags('edit')}
        </Link>
      )}
    </div>
  )
}

/** The uploaded file's checksum, shown only if the stored disk's differs. */
function originSum({ origin, sha256 }: OwnImage): string[] {
  return origin.sha256 && origin.sha256 !== sha256 ? [origin.sha256] : []
}

function Format({ image }: { image: OwnImage }) {
  const t = useTranslations('images')
  if (!image.format) return '–'
  return (
    <>
      <span>{image.format}</span>
      {canImage('download', image.state) && !image.isNormalised && (
        <span className="block text-ink-muted text-xs">{t('notNormalised')}</span>
      )}
    </>
  )
}

function Source({ image }: { image: OwnImage }) {
  const t = useTranslations('images')
  const regionName = useRegionName()
  const { format } = image.origin
  if (image.copyOf && image.source === 'CLEAN') return t('cleanedFrom', { id: image.copyOf.id })
  if (image.copyOf) return t('copiedFrom', { id: image.copyOf.id, region: regionName(image.copyOf.region) })
  if (image.madeFrom) {
    const { instanceName, imageName, imageOwner } = image.madeFrom
    return t('madeFrom', { instance: instanceName, image: imageName, owner: imageOwner })
  }
  return format ? t('importedAs', { format }) : t(`source${image.source}`)
}

function useCommonFields(image: OwnImage | HeldImage) {
  const t = useTranslations('images')
  const regionName = useRegionName()
  return [
    { term: t('id'), value: <Code text={image.id} label={t('id')} /> },
    {
      term: t('region'),
      value: (
        <>
          {regionName(image.regionId)}{' '}
          <span className="whitespace-nowrap font-mono text-ink-muted text-xs">{image.regionId}</span>
        </>
      ),
    },
    { term: t('operatingSystem'), value: image.operatingSystem },
    // The disk of a failed image was never read.
    { term: t('architecture'), value: image.virtualSize > 0 ? image.architecture : t('notKnown') },
  ]
}

function useBytes() {
  const locale = useLocale()
  const format = useFormatter()
  return (bytes: number) => {
    if (bytes === 0) return '–'
    return (
      <span className="tabular-nums">
        <span>{formatBytes(bytes, locale)}</span>{' '}
        <span className="text-ink-muted text-xs">{`(${format.number(bytes)} B)`}</span>
      </span>
    )
  }
}

function Code({ text, label }: { text: string; label: string }) {
  const t = useTranslations('images')
  return (
    <span className="inline-flex max-w-full items-start gap-1 font-mono text-xs leading-5">
      <span className="min-w-0 break-all">{text}</span>
      <CopyButton
        text={text}
        label={`${t('copy')}, ${label}`}
        copiedLabel={t('copied')}
        failedLabel={t('copyFailed', { text })}
      />
    </span>
  )
}
