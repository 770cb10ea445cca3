/** What is done with an own image from its row or its page. */
export const imageTasks = ['delete', 'purge', 'restore', 'cancelImport', 'cancelCopy', 'retryCopy'] as const
export type ImageTask = (typeof imageTasks)[number]
