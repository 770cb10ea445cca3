/** The operations on a snapshot from its row. Each has a page for browsers without scripts. */
export const snapshotTasks = ['createImage', 'delete'] as const
export type SnapshotTask = (typeof snapshotTasks)[number]
