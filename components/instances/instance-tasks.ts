import type { InstanceOperation } from '@/lib/instances/rules'

/** What is done with an instance from its row or its page, and which right to it the table of states gives. */
export const rightOf = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  forceStop: 'forceStop',
  rebuild: 'rebuild',
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

export function isAskedTask(task: InstanceTask): task is AskedTask {
  return askedTasks.some((asked) => asked === task)
}
