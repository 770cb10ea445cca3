import { isInMotion } from '@/lib/images/rules'
import type { ImportState } from '@/lib/imports/schema'
import { latePart } from '@/lib/late-part'
import type { Fault, Refusal } from '@/lib/result'
import type { Sending } from './send'

// The uploads of this tab. They belong to no page, so they go on while one looks at others; what sends them is fetched when
// the first one begins. An upload that has arrived is followed until its image is available or has failed.

export type RunningState = 'waiting' | 'sending' | 'paused' | 'offline' | 'failed' | 'arrived'

/** What is known of the image of an upload that has arrived; 'gone' when somebody has deleted it. */
export type ArrivedImage = Omit<ImportState, 'imageId'> | 'gone'

export type RunningUpload = {
  imageId: string
  region: string
  name: string
  operatingSystem: string
  fileName: string
  size: number
  state: RunningState
  sentBytes: number
  /** Bytes a second of late; 0 while that is not known. */
  rate: number
  refusal: Refusal | Fault | null
  image: ArrivedImage | null
}

export type NewUpload = {
  imageId: string
  region: string
  name: string
  operatingSystem: string
  file: File
  sentBytes: number
  chunkBytes: number
}

/** More at once are no faster, and each would take longer. */
const sendingMax = 2
const lookMs = 500

type Work = { upload: NewUpload; sending: Sending | null; lookedAt: number; lookedBytes: number }

let uploads: RunningUpload[] = []
const works = new Map<string, Work>()
const listeners = new Set<() => void>()

export function subscribeUploads(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function runningUploads(): RunningUpload[] {
  return uploads
}

/** Whether leaving the tab would break something off. */
export function isUnderWay({ state }: RunningUpload): boolean {
  return state === 'waiting' || state === 'sending' || state === 'offline'
}

/** Takes an upload that the server knows, and sends it as soon as its turn comes. */
export function runUpload(upload: NewUpload): void {
  works.get(upload.imageId)?.sending?.end()
  works.set(upload.imageId, { upload, sending: null, lookedAt: 0, lookedBytes: 0 })
  const { imageId, region, name, operatingSystem, file, sentBytes } = upload
  const begun = { imageId, region, name, operatingSystem, fileName: file.name, size: file.size, sentBytes }
  uploads = [
    ...uploads.filter((other) => other.imageId !== imageId),
    { ...begun, state: 'waiting', rate: 0, refusal: null, image: null },
  ]
  changed()
  void startNext()
}

export function pauseUpload(imageId: string): void {
  works.get(imageId)?.sending?.pause()
  change(imageId, { state: 'paused', rate: 0 })
  void startNext()
}

export function resumeUpload(imageId: string): void {
  change(imageId, { state: 'waiting', rate: 0, refusal: null })
  void startNext()
}

/** Takes an upload off the list, because it has arrived or was cancelled. */
export function forgetUpload(imageId: string): void {
  works.get(imageId)?.sending?.end()
  works.delete(imageId)
  uploads = uploads.filter((upload) => upload.imageId !== imageId)
  changed()
  void startNext()
}

async function startNext(): Promise<void> {
  const { sendFile } = await latePart(() => import('./send'))
  for (const { imageId, state } of uploads) {
    if (uploads.filter((upload) => upload.state === 'sending').length >= sendingMax) return
    const work = works.get(imageId)
    if (state !== 'waiting' || !work) continue
    work.lookedAt = 0
    work.sending ??= sendFile({
      ...work.upload,
      onProgress: (sentBytes) => progress(imageId, work, sentBytes),
      onArrived: () => {
        stopped(imageId, { state: 'arrived', sentBytes: work.upload.file.size })
        void follow()
      },
      onStopped: (why) =>
        stopped(imageId, why === 'offline' ? { state: 'offline' } : { state: 'failed', refusal: why }),
    })
    change(imageId, { state: 'sending' })
    work.sending.start()
  }
}

/** Whether the end of an image that has arrived is still to come. */
export function isBeingTaken({ state, image }: RunningUpload): boolean {
  return state === 'arrived' && image !== 'gone' && (image === null || isInMotion(image.state))
}

/** Whether an upload, or the image that was made of it, has failed. */
export function hasFailed({ state, image }: RunningUpload): boolean {
  return state === 'failed' || (image !== null && image !== 'gone' && image.state === 'failed')
}

let isFollowing = false

async function follow(): Promise<void> {
  if (isFollowing) return
  isFollowing = true
  const { followImages } = await latePart(() => import('./follow'))
  await followImages({
    pending: () => uploads.filter(isBeingTaken).map(({ imageId }) => imageId),
    tell: (imageId, image) => change(imageId, { image: image ?? 'gone' }),
  })
  isFollowing = false
}

function stopped(imageId: string, fields: Partial<RunningUpload>): void {
  change(imageId, { ...fields, rate: 0 })
  void startNext()
}

function progress(imageId: string, work: Work, sentBytes: number): void {
  const now = performance.now()
  const passed = now - work.lookedAt
  if (passed < lookMs) return
  const last = uploads.find((upload) => upload.imageId === imageId)?.rate ?? 0
  const rate = work.lookedAt === 0 ? last : Math.max(0, (sentBytes - work.lookedBytes) / (passed / 1_000))
  Object.assign(work, { lookedAt: now, lookedBytes: sentBytes })
  change(imageId, { sentBytes, rate: last === 0 ? rate : last * 0.7 + rate * 0.3 })
}

function change(imageId: string, fields: Partial<RunningUpload>): void {
  uploads = uploads.map((upload) => (upload.imageId === imageId ? { ...upload, ...fields } : upload))
  changed()
}

function changed(): void {
  // The browser asks before it leaves only while there is something to lose.
  const listen = uploads.some(isUnderWay) ? 'addEventListener' : 'removeEventListener'
  window[listen]('beforeunload', askBeforeLeaving)
  window[listen]('online', goOn)
  for (const listener of listeners) listener()
}

function askBeforeLeaving(event: Event): void {
  event.preventDefault()
}

function goOn(): void {
  for (const { imageId, state } of uploads) if (state === 'offline') resumeUpload(imageId)
}
