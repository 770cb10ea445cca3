import { type DetailedError, Upload } from 'tus-js-client'
import { pageHeaders, refusalHeader } from '@/lib/page-identity'
import { paths } from '@/lib/paths'
import type { Fault, Refusal } from '@/lib/result'
import { type FileHash, hashFile } from './hash'

/** How long the last piece waits for the checksum. Waiting is worth it even for a disk that is read more slowly than it is sent. */
const hashPatienceMs = 10 * 60_000
const retryDelays = [0, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000]

export type SendJob = {
  imageId: string
  file: File
  chunkBytes: number
  onProgress: (sentBytes: number) => void
  onArrived: () => void
  /** It has stopped, because of the network or a refusal, and may be resumed later. */
  onStopped: (why: 'offline' | Refusal | Fault) => void
}

export type Sending = { start: () => void; pause: () => void; end: () => void }

/** Sends an upload's file from its current offset, in pieces, and retries while the network is unreliable. */
export function sendFile(job: SendJob): Sending {
  const hash = hashFile(job.file)
  const upload = new Upload(job.file, {
    uploadUrl: `${paths.api.uploads()}/${job.imageId}`,
    chunkSize: job.chunkBytes,
    retryDelays,
    storeFingerprintForResuming: false,
    onBeforeRequest: async (request) => {
      for (const [name, value] of Object.entries(pageHeaders())) request.setHeader(name, value)
      const sha256 = await claim(hash, job, request.getMethod(), Number(request.getHeader('Upload-Offset')))
      if (sha256) request.setHeader('X-File-Sha256', sha256)
    },
    onShouldRetry: (error) => navigator.onLine && isWorthRetrying(error.originalResponse?.getStatus() ?? 0),
    onProgress: job.onProgress,
    onSuccess: () => {
      hash.stop()
      job.onArrived()
    },
    onError: (error) => job.onStopped(navigator.onLine ? refusalOf(error) : 'offline'),
  })
  return {
    start: () => upload.start(),
    pause: () => void upload.abort(),
    end: () => {
      void upload.abort()
      hash.stop()
    },
  }
}

/** Adds the checksum to the last piece, and to a HEAD request, which may complete the upload. */
async function claim(hash: FileHash, { file, chunkBytes }: SendJob, method: string, offset: number) {
  if (method === 'HEAD') return await hash.within(0)
  return offset + chunkBytes >= file.size ? await hash.within(hashPatienceMs) : null
}

function isWorthRetrying(status: number): boolean {
  const isRefused = status >= 400 && status < 500 && status !== 409 && status !== 423
  return !isRefused && status !== 507
}

const meanings: Record<number, Refusal> = {
  401: { code: 'SIGNED_OUT' },
  403: { code: 'NOT_PERMITTED', policy: null, region: null },
  404: { code: 'IMAGE_NOT_FOUND' },
  410: { code: 'IMAGE_NOT_FOUND' },
  423: { code: 'BUSY' },
}

/** What stopped an upload, from the response's body, else its header, else its status. */
export function refusalOf(error: Error | DetailedError): Refusal | Fault {
  const response = 'originalResponse' in error ? error.originalResponse : null
  try {
    const said = response?.getHeader(refusalHeader)
    return said ? JSON.parse(decodeURIComponent(said)) : JSON.parse(response?.getBody() ?? '').refusal
  } catch {
    return meanings[response?.getStatus() ?? 0] ?? { code: 'FAULT', reference: '' }
  }
}
