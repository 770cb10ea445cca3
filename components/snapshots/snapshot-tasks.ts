/** What is done with a snapshot from its row. Each has a page that does the same without scripts. */
export const snapshotTasks = ['createImage', 'delete'] as const
export type SnapshotTask = (typeof snapshotTasks)[number]
