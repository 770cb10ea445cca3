import 'server-only'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { blobKey } from '@/lib/blobs/rules'
import { log } from '@/lib/log'
import { ChecksumMismatch } from '@/lib/stores/checksum'
import { NotStored } from '@/lib/stores/errors'
import { receiveStaged, requireStagingRoom, stagedFile } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'

export type StoredBytes = { id: string; sha256: string; size: bigint; regionId: string }

/**
 * Runs on stored bytes as a local file: in place, or for a bucket on a verified copy, which is removed afterwards. `name` is the copy's
 * name in the staging folder. The file must not be written. Throws `NotStored`, `ChecksumMismatch`, `StoreFull` and the other errors of
 * a store.
 */
export async function withLocalBytes<T>(
  bytes: StoredBytes,
  { name, signal }: { name: string; signal: AbortSignal },
  run: (file: string) => Promise<T>,
): Promise<T> {
  const store = storeOf(bytes.regionId)
  if (store.local) {
    // `stat` fails for an unmounted store, whose files would otherwise only seem to be missing.
    if ((await store.stat(blobKey(bytes))) === null) throw new NotStored(blobKey(bytes))
    return await run(path.join(store.local.folder, blobKey(bytes)))
  }
  try {
    const sizeMax = Number(bytes.size)
    await requireStagingRoom(sizeMax)
    const source = await store.read(blobKey(bytes))
    const { sha256 } = await receiveStaged(name, source, { sizeMax, signal })
    if (sha256 !== bytes.sha256) throw new ChecksumMismatch()
    return await run(stagedFile(name))
  } finally {
    await rm(stagedFile(name), { force: true }).catch((error) =>
      log.warn({ err: error }, 'A copy of a disk is left in the staging folder.'),
    )
  }
}
