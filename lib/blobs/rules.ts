/** The content of a disk. Sizes in bytes; the virtual size is what a machine sees. */
export type DiskContent = { sha256: string; size: number; format: DiskFormatName; virtualSize: number }

export const diskFormatNames = ['qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso'] as const
export type DiskFormatName = (typeof diskFormatNames)[number]

/** The key of a blob in a store. Its id separates bytes on their way out from the same content imported again. */
export function blobKey(blob: { id: string; sha256: string }): string {
  return `${blob.sha256}.${blob.id}`
}

/**
 * A kind of row that holds bytes by its column `blobId`. `kind` is its name, `transfer` while it brings or repairs the
 * bytes. `waits` selects rows that no longer hold the bytes, wait for their removal and are deleted with them. Both are
 * SQL over the row. Every such table has `id` and `ownerId`.
 */
type HolderKind = { table: string; kind: string; waits?: string }

/** All that holds bytes. Another kind of holder is one more row here: bytes then stay while it has them. */
export const holderKinds: readonly HolderKind[] = [
  {
    table: 'Image',
    kind: `CASE state WHEN 'deleted' THEN 'recycle bin' WHEN 'importing' THEN 'transfer' WHEN 'copying' THEN 'transfer' ELSE 'image' END`,
    waits: `state = 'deleting'`,
  },
  { table: 'Instance', kind: `'instance'` },
  { table: 'Snapshot', kind: `CASE state WHEN 'creating' THEN 'transfer' ELSE 'snapshot' END` },
]

/** Those kinds of which rows wait for the bytes to go. */
export const waitingKinds = holderKinds.flatMap(({ table, waits }) => (waits === undefined ? [] : [{ table, waits }]))
