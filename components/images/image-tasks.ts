/** The operations on an own image, from its row or its page. */
export const imageTasks = [
  'delete',
  'purge',
  'restore',
  'protect',
  'unprotect',
  'cancelImport',
  'cancelCopy',
  'retryCopy',
  'retryClean',
] as const
export type ImageTask = (typeof imageTasks)[number]
