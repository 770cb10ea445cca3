import 'server-only'
import { type FileHandle, open, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { findMaster } from '@/lib/accounts/reads'
import { foldUsername } from '@/lib/accounts/rules'
import { findLeftBlobs } from '@/lib/blobs/reads'
import { isErrnoCode, StartError } from '@/lib/embedded/data-folder'
import { formatBytes } from '@/lib/format'
import { findImageRecord, listImageRecords } from '@/lib/images/reads-records'
import { canImage, isInRecycleBin, tagText } from '@/lib/images/rules'
import { type ImageRecord, imageName, operatingSystem } from '@/lib/images/schema'
import { deleteImage, purgeImage } from '@/lib/images/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { importImage } from '@/lib/tasks/import-image'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { ImportInterrupted } from '@/lib/tasks/trouble'
import { operatorContext } from './operator'
import { type Answer, answer, list } from './output'
import { showProgress } from './progress'
import { parseInput } from './refusals'

export type ImportWords = { account: string; region: string; name: string; os: string; file: string }

const importInput = z.object({ region: z.string(), name: imageName, 'operating system': operatingSystem })

/** `image import`. If it is interrupted, the image fails with that reason and has no bytes. */
export async function importFile(words: ImportWords, signal: AbortSignal): Promise<Result<Answer>> {
  const input = parseInput(importInput, { region: words.region, name: words.name, 'operating system': words.os })
  if (!input.ok) return input
  const owner = await findMaster(foldUsername(words.account))
  if (!owner) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const { handle, size } = await openDisk(words.file)
  const progress = showProgress()
  let storeFailure: Error | undefined
  const { region, name } = input.value
  const imported = await importImage(
    operatorContext(owner),
    { region, name, operatingSystem: input.value['operating system'] },
    {
      open: () => interruptible(handle.createReadStream({ highWaterMark: 2 ** 20 }), signal),
      fileName: path.basename(words.file),
      size,
      onProgress: progress.tell,
      onStoreFailure: (error) => {
        storeFailure = error
      },
    },
  ).finally(() => Promise.all([progress.end(), handle.close()]))
  if (!imported.ok && storeFailure)
    throw new StartError(`Nothing was imported. ${storeFailure.message}`, { cause: storeFailure })
  if (!imported.ok) return imported
  const found = await findImageRecord(imported.value.imageId)
  if (!found) return refuse({ code: 'IMAGE_NOT_FOUND' })
  const { image } = found
  if (imported.value.isWaiting)
    return ok(
      answer(image, [
        `${image.id} has arrived whole. The database was busy, so the console goes on with it within ten minutes; image list shows how it ends.`,
      ]),
    )
  const sizes = `${image.format}, ${formatBytes(image.virtualSize, 'en')}, file ${formatBytes(image.size, 'en')}`
  return ok(answer(image, [`Imported ${image.id}: ${image.name} of ${image.owner} in ${image.region} (${sizes}).`]))
}

/** Opens a disk for reading, or returns why not, before the import reserves anything. */
async function openDisk(typed: string): Promise<{ handle: FileHandle; size: number }> {
  // npm changes to the project's folder, so resolve a relative path from the folder where npm was called.
  const isFromNpm = process.env.npm_lifecycle_event === 'admin' && process.env.INIT_CWD
  const file = path.resolve(isFromNpm || '.', typed)
  try {
    const found = await stat(file)
    // Not a pipe: reading one can block for ever, and then not even Ctrl-C ends it.
    if (found.isFile() || found.isBlockDevice()) return { handle: await open(file), size: found.size }
  } catch (error) {
    throw new StartError(`The file ${file} cannot be read: ${reasonOf(error)}.`)
  }
  throw new StartError(`${file} is a folder or another thing that is not a file. Name the file of a disk.`)
}

function reasonOf(error: unknown): string {
  if (isErrnoCode(error, 'ENOENT')) return 'there is none'
  if (isErrnoCode(error, 'EACCES') || isErrnoCode(error, 'EPERM')) return 'permission is denied'
  return error instanceof Error ? error.message : String(error)
}

function interruptible(bytes: Readable, signal: AbortSignal): Readable {
  const stop = () => void bytes.destroy(new ImportInterrupted())
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return bytes
}

export async function showImages(account: string): Promise<Result<Answer>> {
  const owner = await findMaster(foldUsername(account))
  if (!owner) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  const columns = [
    { header: 'Image', cell: (image: ImageRecord) => image.id },
    { header: 'Name', cell: (image: ImageRecord) => image.name },
    { header: 'Region', cell: (image: ImageRecord) => image.region },
    { header: 'State', cell: (image: ImageRecord) => image.state },
    { header: 'Format', cell: (image: ImageRecord) => image.format ?? '' },
    { header: 'Size', cell: (image: ImageRecord) => formatBytes(image.virtualSize, 'en'), isRight: true as const },
    { header: 'File', cell: (image: ImageRecord) => formatBytes(image.size, 'en'), isRight: true as const },
    { header: 'Operating system', cell: (image: ImageRecord) => image.os },
    { header: 'Created', cell: (image: ImageRecord) => image.createdAt },
    { header: 'Tags', cell: (image: ImageRecord) => image.tags.map(tagText).join(', ') },
  ]
  return ok(list(await listImageRecords(operatorContext(owner)), columns, `${owner.username} has no images.`))
}

export async function removeImageNow(
  imageId: string,
  { cancelShares, isForGood }: { cancelShares: boolean; isForGood: boolean },
): Promise<Result<Answer>> {
  const found = await findImageRecord(imageId)
  if (!found) return refuse({ code: 'IMAGE_NOT_FOUND' })
  const { image, owner } = found
  const typedName = cancelShares ? image.name : null
  const ctx = operatorContext(owner)
  const input = { region: null, imageId, cancelShares, typedName, isForGood }
  const deleted = await (isForGood && canImage('purge', image.state) ? purgeImage(ctx, input) : deleteImage(ctx, input))
  if (!deleted.ok) return deleted
  const isBinned = isInRecycleBin((await findImageRecord(imageId))?.image.state)
  const where = isBinned ? ' It is in the recycle bin of its owner; --for-good removes it and its bytes.' : ''
  const said = answer({ id: imageId }, [`Deleted ${imageId}, ${image.name}.${where}`])
  try {
    // The queue has the same jobs, but perhaps no worker is running.
    for (const blobId of await findLeftBlobs(new Date(Date.now() + 1_000))) await removeBlob({ blobId })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    said.notes.push(`Its bytes could not be removed yet (${reason}); the console does it when it runs.`)
  }
  return ok(said)
}
