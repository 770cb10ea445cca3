import type { S3Client } from '@aws-sdk/client-s3'
import type { PutOptions } from './contract'
import { bare, etagOfParts, type Sent } from './etag'
import type { Source } from './source'

export type ObjectPlace = { Bucket: string; Key: string }

const mib = 2 ** 20
const partBytesMin = 16 * mib
/** Parts grow up to this size before there are more of them, as some servers, such as Swift by default, allow only 1,000. */
const partBytesMax = 128 * mib
const partsWanted = 1_000
const partsMax = 10_000
const partsAtOnceMax = 4
/** Maximum memory of an upload: the parts being sent, and the one being filled. */
const memoryMax = 320 * mib

/** Part size: 16 MiB, or larger so that 1,000 parts suffice; beyond 125 GiB it is 128 MiB, with more parts. */
export function partBytes(size: number): number {
  const wanted = Math.min(Math.max(partBytesMin, Math.ceil(size / partsWanted)), partBytesMax)
  return Math.ceil(Math.max(wanted, size / partsMax) / mib) * mib
}

/** Number of parts sent at once: four, or fewer if these would take too much memory. */
export function partsAtOnce(part: number): number {
  return Math.min(partsAtOnceMax, Math.max(1, Math.floor(memoryMax / part) - 1))
}

/**
 * Uploads a source in parts and returns the expected state. On failure it first stops requests and removes the parts, which the SDK
 * does not.
 */
export async function sendInParts(
  { client, place, sdk }: { client: S3Client; place: ObjectPlace; sdk: typeof import('@aws-sdk/client-s3') },
  source: Source,
  options: PutOptions,
): Promise<Sent> {
  const stop = new AbortController()
  const sending = { abortSignal: AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]) }
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(place), sending)
  const upload = { ...place, UploadId }
  const sent: { PartNumber: number; ETag: string | undefined }[] = []
  let done = 0
  const part = partBytes(options.size)
  const parts = inParts(source.chunks, part)
  const sender = async () => {
    // Not `for await`, which on a failure would first wait for the part that another sender is waiting for.
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      const { PartNumber, Body } = next.value
      const { ETag } = await client.send(new sdk.UploadPartCommand({ ...upload, PartNumber, Body }), sending)
      sent.push({ PartNumber, ETag })
      done += Body.length
      options.onProgress?.(done)
    }
  }
  const senders = Array.from({ length: partsAtOnce(part) }, sender)
  try {
    await Promise.all(senders)
    const Parts = sent.sort((a, b) => a.PartNumber - b.PartNumber)
    const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })
    const { ETag } = await client.send(complete, sending)
    return { answered: bare(ETag), own: () => etagOfParts(Parts.map((sentPart) => sentPart.ETag)) }
  } catch (error) {
    stop.abort()
    source.end()
    await Promise.allSettled(senders)
    // If this fails too, `delete` finds the parts later.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => {})
    throw error
  }
}

type Part = { PartNumber: number; Body: Buffer }

async function* inParts(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Part, void, void> {
  let part = Buffer.allocUnsafe(size)
  let filled = 0
  let PartNumber = 1
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      const copied = chunk.copy(part, filled, taken)
      taken += copied
      filled += copied
      if (filled < size) continue
      yield { PartNumber, Body: part }
      part = Buffer.allocUnsafe(size)
      filled = 0
      PartNumber++
    }
  }
  if (filled > 0) yield { PartNumber, Body: part.subarray(0, filled) }
}
