/** The content of a disk. Sizes in bytes; the virtual size is the one that a machine sees. */
export type DiskContent = { sha256: string; size: number; format: DiskFormatName; virtualSize: number }

export const diskFormatNames = ['qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso'] as const
export type DiskFormatName = (typeof diskFormatNames)[number]

/** The key of a blob in a store. Its id distinguishes bytes that are being removed from the same content imported again. */
export function blobKey(blob: { id: string; sha256: string }): string {
  return `${blob.sha256}.${blob.id}`
}

/**
 * A kind of row that holds bytes by its column `blobId`. `kind` is its name, `transfer` while it brings or repairs the bytes. `waits`
 * selects rows that no longer hold the bytes and are deleted once these are removed. Both are SQL over the row. Every such table has
 * `id` and `ownerId`.
 */
type HolderKind = { table: string; kind: string; waits?: string }

/** All kinds of holders. Add a row here for another kind, and bytes stay as long as it refers to them. */
export const holderKinds: readonly HolderKind[] = [
  {
    table: 'Image',
    kind: `CASE state WHEN 'deleted' THEN 'recycle bin' WHEN 'importing' THEN 'transfer' WHEN 'copying' THEN 'transfer' ELSE 'image' END`,
    waits: `state = 'deleting'`,
  },
  { table: 'Instance', kind: `'instance'` },
  { table: 'Snapshot', kind: `CASE state WHEN 'creating' THEN 'transfer' ELSE 'snapshot' END` },
]

/** The kinds with rows that wait for the removal of bytes. */
export const waitingKinds = holderKinds.flatMap(({ table, waits }) => (waits === undefined ? [] : [{ table, waits }]))
