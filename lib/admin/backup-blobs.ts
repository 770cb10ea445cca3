import 'server-only'
import path from 'node:path'
import { blobKey } from '@/lib/blobs/rules'
import type { Store } from '@/lib/stores/contract'
import { copyStored } from '@/lib/stores/copy'
import { FolderStore } from '@/lib/stores/folder'
import type { BlobDump } from './backup-manifest'

export function backupStore(folder: string, region: string): Store {
  return new FolderStore({ kind: 'folder', folder: path.join(folder, 'blobs', region), isOurs: true, reserveMin: 0 })
}

/** Whether a store has an object of the right size under a blob's key. The content of a key never changes. */
export async function hasBlob(store: Store, blob: BlobDump): Promise<boolean> {
  return (await store.stat(blobKey(blob)))?.size === blob.size
}

export async function carryBlob(
  stores: { from: Store; to: Store },
  blob: BlobDump,
  signal: AbortSignal,
): Promise<void> {
  const key = blobKey(blob)
  const { size, sha256 } = blob
  await copyStored({ store: stores.from, key }, { store: stores.to, key }, { size, sha256, signal })
}

/** Removes blobs that a backup no longer names, and leftovers of an interrupted backup. */
export async function pruneBlobs(folder: string, region: string, blobs: BlobDump[]): Promise<void> {
  const named = new Set(blobs.filter((blob) => blob.region === region).map(blobKey))
  const store = backupStore(folder, region)
  const left: string[] = []
  for await (const { key } of store.list()) if (!named.has(key)) left.push(key)
  for (const key of left) await store.delete(key)
}
