'use client'

import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type ReactNode, useState } from 'react'
import { tabClass } from '@/components/images/image-tabs'
import { useRegionName } from '@/components/shell/current-region'
import { PageHeader } from '@/components/shell/page-header'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Icon } from '@/components/ui/icon'
import { MenuButton } from '@/components/ui/menu-button'
import { Notice } from '@/components/ui/notice'
import { ReadError } from '@/lib/fetch-json'
import { instanceQuery } from '@/lib/instances/queries'
import { isTerminated, reasonKind } from '@/lib/instances/rules'
import type { InstanceDetails } from '@/lib/instances/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { InstanceState } from './instance-state'
import type { InstanceTask } from './instance-tasks'
import { useReasonText } from './reason-text'
import { toMenuItem, useInstanceOperations } from './use-operations'

const InstanceTaskDialog = dynamic(
  () => latePart(() => import('./instance-task-dialog').then((module) => module.InstanceTaskDialog)),
  { ssr: false },
)

type InstancePageProps = { region: string; instanceId: string; children: ReactNode }

/** The frame of every page of an instance: name, state, operations and tabs. */
export function InstancePage({ region, instanceId, children }: InstancePageProps) {
  const { data, error } = useQuery(instanceQuery(region, instanceId))
  // Terminated more than 7 days ago while this page was open.
  if (error instanceof ReadError && error.status === 404) return <InstanceGone region={region} />
  if (!data) return null
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <InstanceHeader instance={data} />
      <InstanceNotice instance={data} />
      <InstanceTabs region={region} instanceId={instanceId} />
      {children}
    </main>
  )
}

function InstanceHeader({ instance }: { instance: InstanceDetails }) {
  const t = useTranslations('instances')
  const regionName = useRegionName()
  const { region, name, typeId, image } = instance
  return (
    <PageHeader
      crumbs={[{ label: t('title'), href: paths.instances(region) }, { label: name }]}
      title={name}
      badge={<InstanceState {...instance} />}
      line={t('detailsLine', { type: typeId, region: regionName(region), image: image.name })}
      actions={!isTerminated(instance.state) && <InstanceActions instance={instance} />}
    />
  )
}

function InstanceActions({ instance }: { instance: InstanceDetails }) {
  const t = useTranslations('images')
  const [task, setTask] = useState<InstanceTask | null>(null)
  const operations = useInstanceOperations(instance)
  const { region, id, name } = instance
  return (
    <>
      {operations.slice(0, 3).map((operation) => (
        <Button
          key={operation.task}
          kind="secondary"
          aria-label={`${operation.label}, ${name}`}
          disabledReason={operation.reason}
          href={paths.instanceTask(region, id, operation.task)}
          onClick={() => setTask(operation.task)}
        >
          {operation.label}
        </Button>
      ))}
      <MenuButton
        label={`${t('more')}, ${name}`}
        align="end"
        href={paths.instanceTask(region, id, 'operations')}
        className={buttonClass('secondary')}
        items={operations.slice(3).map((one) => toMenuItem(one, { region, instanceId: id, onAsk: setTask }))}
      >
        {t('more')}
        <Icon of={ChevronDown} className="size-4 text-ink-muted" />
      </MenuButton>
      {task && <InstanceTaskDialog task={task} region={region} instance={instance} onClose={() => setTask(null)} />}
    </>
  )
}

const tones = { failed: 'danger', paused: 'warn', unknown: 'warn', other: 'info' } as const

/** Why an instance failed, waits or stopped, and the consequences. */
function InstanceNotice({ instance: { state, reason } }: { instance: InstanceDetails }) {
  const t = useTranslations('instances')
  const reasonText = useReasonText()
  if (isTerminated(state))
    return (
      <Notice tone="info" title={t('terminatedTitle')}>
        {t('terminatedText')}
      </Notice>
    )
  if (!reason) return null
  const kind = reasonKind(state)
  return (
    <Notice tone={tones[kind]} title={t(`reasonTitle.${kind}`)}>
      <p>{reasonText(reason)}</p>
    </Notice>
  )
}

function InstanceTabs({ region, instanceId }: { region: string; instanceId: string }) {
  const t = useTranslations('instances')
  const pathname = usePathname()
  const tabs = [
    { id: 'overview', href: paths.instance(region, instanceId) },
    { id: 'screen', href: paths.instanceScreen(region, instanceId) },
    { id: 'console', href: paths.instanceConsole(region, instanceId) },
    { id: 'snapshots', href: paths.instanceSnapshots(region, instanceId) },
    { id: 'history', href: paths.instanceHistory(region, instanceId) },
  ] as const
  return (
    <nav aria-label={t('tabs')} className="flex flex-wrap gap-x-2 border-line border-b sm:gap-x-5">
      {tabs.map(({ id, href }) => (
        <Link
          key={id}
          href={href}
          prefetch={false}
          aria-current={pathname === href ? 'page' : undefined}
          // All five tabs fit on one line, even on the narrowest phone.
          className={`${tabClass} max-[359px]:px-0 max-[359px]:text-xs`}
        >
          {t(`tab.${id}`)}
        </Link>
      ))}
    </nav>
  )
}

function InstanceGone({ region }: { region: string }) {
  const t = useTranslations('instances')
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: paths.instances(region) }]}
        title={t('goneTitle')}
        line={t('goneText')}
      />
      <div>
        <Link href={paths.instances(region)} className={buttonClass('secondary')}>
          {t('toList')}
        </Link>
      </div>
    </main>
  )
}
