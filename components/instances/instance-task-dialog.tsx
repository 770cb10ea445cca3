'use client'

import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { isNameMismatch, TypedNameField } from '@/components/shell/typed-name-field'
import { InstanceSnapshotDialog } from '@/components/snapshots/instance-snapshot-dialog'
import { ConfirmDialog } from '@/components/ui/confirm-dialog'
import { useReturn } from '@/components/ui/dialog-focus'
import { toast } from '@/components/ui/toasts'
import {
  forceStopInstanceAction,
  protectInstanceAction,
  rebuildInstanceAction,
  restartInstanceAction,
  startInstanceAction,
  stopInstanceAction,
  terminateInstanceAction,
} from '@/lib/instances/actions'
import type { Fault, Refusal } from '@/lib/result'
import { useAction } from '@/lib/use-action'
import { type AskedTask, type InstanceTask, isAskedTask, isSnapshotTask } from './instance-tasks'
import { useTaskWords } from './task-words'

type Dialog<Task> = {
  task: Task
  region: string
  instance: { id: string; name: string; image: { name: string } }
  onClose: () => void
}

/** Asks before tasks that take something away; runs the others at once and shows only a refusal. */
export function InstanceTaskDialog({ task, ...props }: Dialog<InstanceTask>) {
  if (task === 'terminate') return <TerminateDialog {...props} />
  if (isAskedTask(task)) return <Confirmed {...props} task={task} />
  if (isSnapshotTask(task)) return <InstanceSnapshotDialog {...props} task={task} />
  // These two have pages instead of dialogs.
  if (task === 'rename' || task === 'changeType') return null
  return <AtOnce {...props} task={task} />
}

const changes = ['instances', 'quotas'] as const

const confirmed = {
  stop: stopInstanceAction,
  forceStop: forceStopInstanceAction,
  restart: restartInstanceAction,
  rebuild: rebuildInstanceAction,
}

function Confirmed({ task, region, instance, onClose }: Dialog<Exclude<AskedTask, 'terminate'>>) {
  const t = useTranslations('instanceDialog')
  const words = useTaskWords(task, instance)
  const { run, isPending, refusal } = useAction(confirmed[task], { changes: [...changes] })
  const confirm = () =>
    run({ region, instanceId: instance.id }, () => {
      toast(t(`${task}.done`, { name: instance.name }))
      onClose()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t(`${task}.title`, { name: instance.name })}
      confirmLabel={t(`${task}.confirm`)}
      keepLabel={t(`${task}.keep`)}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && <RefusalNotice refusal={refusal} />}
      {words.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </ConfirmDialog>
  )
}

function TerminateDialog({ region, instance, onClose }: Omit<Dialog<'terminate'>, 'task'>) {
  const t = useTranslations('instanceDialog.terminate')
  const words = useTaskWords('terminate', instance)
  const [typedName, setTypedName] = useState('')
  const { run, isPending, refusal } = useAction(terminateInstanceAction, { changes: [...changes] })
  const confirm = () =>
    run({ region, instanceId: instance.id, typedName }, () => {
      toast(t('done', { name: instance.name }))
      onClose()
    })
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('title', { name: instance.name })}
      confirmLabel={t('confirm')}
      keepLabel={t('keep')}
      isPending={isPending}
      onConfirm={confirm}
    >
      {refusal && !isNameMismatch(refusal) && <RefusalNotice refusal={refusal} />}
      {words.map((text) => (
        <p key={text}>{text}</p>
      ))}
      <TypedNameField
        label={t('typeName')}
        name={instance.name}
        value={typedName}
        onChange={setTypedName}
        refusal={refusal}
      />
    </ConfirmDialog>
  )
}

type AtOnceTask = 'start' | 'protect' | 'unprotect'

function AtOnce({ task, ...props }: Dialog<AtOnceTask>) {
  const start = useAction(startInstanceAction, { changes: [...changes] })
  const protect = useAction(protectInstanceAction, { changes: [...changes] })
  const { region, instance } = props
  const input = { region, instanceId: instance.id }
  const { isPending, refusal } = task === 'start' ? start : protect
  const run = (onDone: () => void) =>
    task === 'start' ? start.run(input, onDone) : protect.run({ ...input, isProtected: task === 'protect' }, onDone)
  return <Begun {...props} task={task} isPending={isPending} refusal={refusal} run={run} />
}

type BegunProps = Dialog<AtOnceTask> & {
  isPending: boolean
  refusal: Refusal | Fault | null
  run: (onDone: () => void) => void
}

function Begun({ task, instance, onClose, isPending, refusal, run }: BegunProps) {
  const t = useTranslations(`instanceDialog.${task}`)
  const tDialog = useTranslations('instanceDialog')
  const giveBack = useEffectEvent(useReturn())
  // No dialog returns the focus here, and the focused menu may have disappeared.
  useEffect(
    () => () => {
      if (document.activeElement === document.body) giveBack(false)
    },
    [],
  )
  const done = () => {
    toast(t('done', { name: instance.name }))
    onClose()
  }
  const isAsked = useRef(false)
  const begin = useEffectEvent(() => run(done))
  useEffect(() => {
    // In development React runs an effect twice.
    if (isAsked.current) return
    isAsked.current = true
    begin()
  }, [])
  if (!refusal) return null
  return (
    <ConfirmDialog
      onDismiss={onClose}
      title={t('refused', { name: instance.name })}
      confirmLabel={tDialog('tryAgain')}
      keepLabel={tDialog('close')}
      isPending={isPending}
      onConfirm={() => run(done)}
    >
      <RefusalNotice refusal={refusal} />
    </ConfirmDialog>
  )
}
