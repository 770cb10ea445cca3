'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { imageNameMax } from '@/lib/images/rules'
import {
  forceStopInstanceAction,
  protectInstanceAction,
  rebuildInstanceAction,
  renameInstanceAction,
  restartInstanceAction,
  startInstanceAction,
  stopInstanceAction,
  terminateInstanceAction,
} from '@/lib/instances/actions'
import type { InstanceDetails } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { type AskedTask, type InstanceSnapshotTask, type InstanceTask, isAskedTask } from './instance-tasks'
import { useTaskWords } from './task-words'
import { useInstanceOperations } from './use-operations'

type InstanceTaskPageProps = {
  task: Exclude<InstanceTask, 'changeType' | InstanceSnapshotTask> | 'operations'
  instance: InstanceDetails
}

/** Any task of an instance as a page: for browsers without scripts, or before they have loaded. */
export function InstanceTaskPage({ task, instance }: InstanceTaskPageProps) {
  if (task === 'operations') return <Operations instance={instance} />
  if (task === 'rename') return <RenameForm instance={instance} />
  if (isAskedTask(task)) return <AskedForm task={task} instance={instance} />
  return <PlainForm task={task} instance={instance} />
}

/** All operations on an instance, as links. */
function Operations({ instance }: { instance: InstanceDetails }) {
  const t = useTranslations('instanceOperations')
  const operations = useInstanceOperations(instance)
  return (
    <Card title={t('title')}>
      <ul className="divide-y divide-line">
        {operations.map(({ task, label, reason }) => (
          <li key={task} className="px-4 py-2 text-sm">
            {reason === null ? (
              <Link
                href={paths.instanceTask(instance.region, instance.id, task)}
                className="rounded-sm font-medium text-accent hover:underline"
              >
                {label}
              </Link>
            ) : (
              <>
                <span className="font-medium text-ink-muted">{label}</span>
                <span className="block text-ink-muted text-xs">{reason}</span>
              </>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

const asked = {
  stop: stopInstanceAction,
  forceStop: forceStopInstanceAction,
  restart: restartInstanceAction,
  rebuild: rebuildInstanceAction,
  terminate: terminateInstanceAction,
}

function AskedForm({ task, instance }: { task: AskedTask; instance: InstanceDetails }) {
  const t = useTranslations('instanceDialog')
  const words = useTaskWords(task, instance)
  const { region, id, name } = instance
  return (
    <Card title={t(`${task}.title`, { name })}>
      <ActionForm
        name={`${task} ${id}`}
        action={asked[task]}
        fixed={{ region, instanceId: id }}
        changes={['instances', 'quotas']}
        leadsTo={paths.instance(region, id)}
        className="flex max-w-140 flex-col gap-3 p-4 text-sm [overflow-wrap:anywhere]"
      >
        {({ isPending, errorOf, typed }) => (
          <>
            {words.map((text) => (
              <p key={text}>{text}</p>
            ))}
            {task === 'terminate' && (
              <Field id="typed-name" label={t('terminate.typeName')} hint={name} error={errorOf('typedName')}>
                {(control) => (
                  <input
                    {...control}
                    name="typedName"
                    defaultValue={typed('typedName')}
                    autoComplete="off"
                    className={inputClass}
                  />
                )}
              </Field>
            )}
            <Buttons
              kind="danger"
              isPending={isPending}
              confirm={t(`${task}.confirm`)}
              keep={t(`${task}.keep`)}
              instance={instance}
            />
          </>
        )}
      </ActionForm>
    </Card>
  )
}

function PlainForm({ task, instance }: { task: 'start' | 'protect' | 'unprotect'; instance: InstanceDetails }) {
  const t = useTranslations('instanceDialog')
  const { region, id, name } = instance
  const fixed = { region, instanceId: id }
  return (
    <Card title={t(`${task}.ask`, { name })}>
      <ActionForm
        name={`${task} ${id}`}
        action={task === 'start' ? startInstanceAction : protectInstanceAction}
        fixed={task === 'start' ? fixed : { ...fixed, isProtected: task === 'protect' ? 'yes' : 'no' }}
        changes={['instances']}
        leadsTo={paths.instance(region, id)}
        className="flex max-w-140 flex-col gap-3 p-4 text-sm [overflow-wrap:anywhere]"
      >
        {({ isPending }) => (
          <Buttons
            kind="primary"
            isPending={isPending}
            confirm={t(`${task}.confirm`)}
            keep={t('close')}
            instance={instance}
          />
        )}
      </ActionForm>
    </Card>
  )
}

function RenameForm({ instance }: { instance: InstanceDetails }) {
  const t = useTranslations('instanceDialog')
  const { region, id, name } = instance
  return (
    <Card title={t('rename.ask', { name })}>
      <ActionForm
        name={`rename ${id}`}
        action={renameInstanceAction}
        fixed={{ region, instanceId: id }}
        changes={['instances']}
        leadsTo={paths.instance(region, id)}
        className="flex max-w-140 flex-col gap-3 p-4 text-sm [overflow-wrap:anywhere]"
      >
        {({ isPending, errorOf, typed }) => (
          <>
            <Field id="instance-name" label={t('rename.label')} hint={t('rename.hint')} error={errorOf('name')}>
              {(control) => (
                <input
                  {...control}
                  name="name"
                  required
                  maxLength={imageNameMax}
                  defaultValue={typed('name', name)}
                  className={inputClass}
                />
              )}
            </Field>
            <Buttons kind="primary" isPending={isPending} confirm={t('save')} keep={t('close')} instance={instance} />
          </>
        )}
      </ActionForm>
    </Card>
  )
}

type ButtonsProps = {
  kind: 'primary' | 'danger'
  isPending: boolean
  confirm: string
  keep: string
  instance: InstanceDetails
}

function Buttons({ kind, isPending, confirm, keep, instance }: ButtonsProps) {
  return (
    <div className="flex flex-wrap gap-2">
      <Button kind={kind} type="submit" isPending={isPending}>
        {confirm}
      </Button>
      <Link href={paths.instance(instance.region, instance.id)} className={buttonClass('secondary')}>
        {keep}
      </Link>
    </div>
  )
}
