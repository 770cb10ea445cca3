import type { InstanceOperation } from '@/lib/instances/rules'

/** What is done with an instance from its row or its page, and which right to it the table of states gives. */
export const rightOf = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  forceStop: 'forceStop',
  rebuild: 'rebuild',
  createSnapshot: 'snapshot',
  createImage: 'snapshot',
  restore: 'restore',
  changeType: 'changeType',
  rename: 'rename',
  protect: 'protect',
  unprotect: 'protect',
  terminate: 'terminate',
} as const satisfies Record<string, InstanceOperation>

export type InstanceTask = keyof typeof rightOf

/** Tasks that need more than a yes, or a list of all: their page is a form, or the list. */
export const instanceTaskPages = [
  'start',
  'stop',
  'restart',
  'forceStop',
  'rebuild',
  'changeType',
  'rename',
  'protect',
  'unprotect',
  'terminate',
  'operations',
] as const satisfies (InstanceTask | 'operations')[]

/** Which tasks ask before they are done, because they take something away. */
export const askedTasks = ['stop', 'restart', 'forceStop', 'rebuild', 'terminate'] as const
export type AskedTask = (typeof askedTasks)[number]

/** Which tasks have a form that is shown in a dialog, and a page of its own beside the others, so that those load less. */
export const snapshotTasks = ['createSnapshot', 'createImage', 'restore'] as const
export type InstanceSnapshotTask = (typeof snapshotTasks)[number]

export function isSnapshotTask(task: string): task is InstanceSnapshotTask {
  return snapshotTasks.some((one) => one === task)
}

export function isAskedTask(task: InstanceTask): task is AskedTask {
  return askedTasks.some((asked) => asked === task)
}
