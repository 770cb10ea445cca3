'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { MenuButton } from '@/components/ui/menu-button'
import { canInstance } from '@/lib/instances/rules'
import type { InstanceItem } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import type { InstanceTask } from './instance-tasks'
import { toMenuItem, useInstanceOperations } from './use-operations'

type InstanceOperationsProps = { region: string; instance: InstanceItem; onAsk: (task: InstanceTask) => void }

/** The operations on an instance in its row: its console, Start or Stop, and the rest under More. */
export function InstanceOperations({ region, instance, onAsk }: InstanceOperationsProps) {
  const t = useTranslations()
  const operations = useInstanceOperations(instance)
  const { id, name } = instance
  const power = canInstance('start', instance) ? 'start' : 'stop'
  const first = operations.find(({ task }) => task === power)
  const rest = operations.filter((operation) => operation !== first)
  return (
    <div className="row-operations">
      <Link
        href={paths.instanceConsole(region, id)}
        // Every row has this link, its page loads the heavy terminal, and few are opened.
        prefetch={false}
        aria-label={`${t('instances.console')}, ${name}`}
        className={buttonClass('text')}
      >
        {t('instances.console')}
      </Link>
      {first && (
        <Button
          kind="text"
          aria-label={`${first.label}, ${name}`}
          disabledReason={first.reason}
          href={paths.instanceTask(region, id, first.task)}
          onClick={() => onAsk(first.task)}
        >
          {first.label}
        </Button>
      )}
      <MenuButton
        label={`${t('images.more')}, ${name}`}
        align="end"
        href={paths.instanceTask(region, id, 'operations')}
        className={buttonClass('text')}
        items={rest.map((operation) => toMenuItem(operation, { region, instanceId: id, onAsk }))}
      >
        {t('images.more')}
      </MenuButton>
    </div>
  )
}
