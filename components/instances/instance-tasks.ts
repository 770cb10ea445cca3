import type { InstanceOperation } from '@/lib/instances/rules'

/** The tasks of an instance's row and page, each with the operation in `instanceCan` that allows it. */
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

/** The tasks with a page in instance-task-page.tsx, and the page that lists all operations. */
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

/** The tasks that need a confirmation, because they take something away. */
export const askedTasks = ['stop', 'restart', 'forceStop', 'rebuild', 'terminate'] as const
export type AskedTask = (typeof askedTasks)[number]

/** The tasks whose form is shown in a dialog or on a page of its own, apart from the other tasks, so that those load less. */
export const snapshotTasks = ['createSnapshot', 'createImage', 'restore'] as const
export type InstanceSnapshotTask = (typeof snapshotTasks)[number]

export function isSnapshotTask(task: string): task is InstanceSnapshotTask {
  return snapshotTasks.some((one) => one === task)
}

export function isAskedTask(task: InstanceTask): task is AskedTask {
  return askedTasks.some((asked) => asked === task)
}
