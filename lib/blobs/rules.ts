/** What can be said of the bytes of a disk. Sizes in bytes; the virtual size is what a machine sees. */
export type DiskContent = { sha256: string; size: number; format: DiskFormatName; virtualSize: number }

export const diskFormatNames = ['qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso'] as const
export type DiskFormatName = (typeof diskFormatNames)[number]

/** Under which key a store has a blob: the id in it keeps bytes that go apart from the same bytes that come anew. */
export function blobKey(blob: { id: string; sha256: string }): string {
  return `${blob.sha256}.${blob.id}`
}
