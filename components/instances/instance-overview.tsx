'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useFormatter, useLocale, useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { Card } from '@/components/ui/card'
import { CopyButton } from '@/components/ui/copy-button'
import { type Definition, DefinitionList } from '@/components/ui/definition-list'
import { Notice } from '@/components/ui/notice'
import { formatAmount, formatBytes } from '@/lib/format'
import { instanceQuery } from '@/lib/instances/queries'
import { isTerminated } from '@/lib/instances/rules'
import type { InstanceDetails } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'

type InstanceOverviewProps = { region: string; instanceId: string; currency: string }

/** The tab "Overview" of an instance's page. */
export function InstanceOverview({ region, instanceId, currency }: InstanceOverviewProps) {
  const t = useTranslations()
  const { data } = useQuery(instanceQuery(region, instanceId))
  const fields = useFields(data, currency)
  if (!data) return null
  return (
    <>
      {!data.canRebuild && !isTerminated(data.state) && <Notice tone="info">{t('instances.imageGone')}</Notice>}
      <Card title={t('images.details')}>
        <DefinitionList items={fields} />
      </Card>
    </>
  )
}

function useFields(instance: InstanceDetails | undefined, currency: string): Definition[] {
  const t = useTranslations('instances')
  const tImages = useTranslations('images')
  const locale = useLocale()
  const format = useFormatter()
  const regionName = useRegionName()
  if (!instance) return []
  const moment = (at: string) => format.dateTime(new Date(at), { dateStyle: 'long', timeStyle: 'short' })
  const { vcpus, memoryMib, accelerator } = instance
  const shape = t('shape', { vcpus, memory: formatBytes(memoryMib * 2 ** 20, locale) })
  const price = formatAmount(instance.amount, currency, locale)
  return [
    { term: t('id'), value: <InstanceId id={instance.id} /> },
    { term: tImages('region'), value: regionName(instance.region) },
    { term: t('image'), value: <ImageOf instance={instance} /> },
    { term: tImages('operatingSystem'), value: instance.operatingSystem },
    {
      term: t('type'),
      value: (
        <>
          <span className="block">{`${instance.typeId} (${shape})`}</span>
          <span className="block text-ink-muted text-xs">{t('typeWithPrice', { price })}</span>
        </>
      ),
    },
    { term: t('diskSize'), value: formatBytes(instance.diskBytes, locale) },
    { term: t('bootMode'), value: instance.bootMode },
    { term: t('hostName'), value: instance.hostName ?? '–' },
    { term: t('login'), value: <Login instance={instance} /> },
    { term: t('network'), value: instance.mac === null ? t('networkNone') : t('networkMac', { mac: instance.mac }) },
    { term: t('protection'), value: t(instance.isProtected ? 'protectionOn' : 'protectionOff') },
    ...(accelerator === null
      ? []
      : [{ term: t('runsOn'), value: t(accelerator === 'emulation' ? 'runsOnEmulation' : 'runsOnKvm') }]),
    { term: tImages('created'), value: moment(instance.createdAt) },
    { term: t('createdBy'), value: instance.createdBy },
    ...(instance.runsSince ? [{ term: t('runsSince'), value: moment(instance.runsSince) }] : []),
    ...(instance.terminatedAt ? [{ term: t('terminatedAt'), value: moment(instance.terminatedAt) }] : []),
  ]
}

function ImageOf({ instance: { region, image, canRebuild } }: { instance: InstanceDetails }) {
  const t = useTranslations('instances')
  return (
    <>
      {canRebuild ? (
        <Link href={paths.image(region, image.id)} className="rounded-sm text-accent hover:underline">
          {image.name}
        </Link>
      ) : (
        image.name
      )}
      {image.isShared && <span className="block text-ink-muted text-xs">{t('sharedBy', { owner: image.owner })}</span>}
    </>
  )
}

function Login({ instance: { hasSshKey, hasUserData } }: { instance: InstanceDetails }) {
  const t = useTranslations('instances')
  const ways = [hasSshKey && t('loginKey'), hasUserData && t('loginUserData')].filter((way) => way !== false)
  return ways.length > 0 ? ways.join(', ') : t('loginNone')
}

function InstanceId({ id }: { id: string }) {
  const t = useTranslations('images')
  return (
    <span className="inline-flex items-center gap-1 font-mono text-xs leading-5">
      {id}
      <CopyButton
        text={id}
        label={t('copyId', { id })}
        copiedLabel={t('copied')}
        failedLabel={t('copyFailed', { text: id })}
      />
    </span>
  )
}
