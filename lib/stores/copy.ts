import 'server-only'
import { expectSha256 } from './checksum'
import type { PutOptions, Store } from './contract'
import { FolderStore } from './folder'

export type Stored = { store: Store; key: string }

/** Copies a key with the guarantees of `put`. Throws `NotStored`, and `ChecksumMismatch` without leaving a target. */
export async function copyStored(
  from: Stored,
  to: Stored,
  { sha256, ...options }: PutOptions & { sha256: string },
): Promise<void> {
  const [source, target] = [from.store, to.store]
  if (source instanceof FolderStore && target instanceof FolderStore) {
    if (await target.putFile(to.key, source.fileOf(from.key), { ...options, sha256 })) return
  }
  const bytes = await source.read(from.key)
  const checked = expectSha256(sha256)
  bytes.on('error', (error) => checked.destroy(error))
  checked.on('close', () => bytes.destroy())
  await target.put(to.key, bytes.pipe(checked), options)
}
