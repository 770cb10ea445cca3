import { isFailed, isInMotion } from '@/lib/images/rules'
import { latePart } from '@/lib/late-part'
import { isPageStatus, isReadOnly, noteAnswer, pageStatus, subscribePageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'
import { type RunningUpload, runningUploads, setUploads } from './list'
import type { Sending } from './send'

// The uploads of this tab. They belong to no page, so they continue during navigation; the code that sends them is loaded with the
// first one. A received upload is polled until its image is available or has failed.

export type NewUpload = {
  imageId: string
  region: string
  name: string
  operatingSystem: string
  file: File
  sentBytes: number
  chunkBytes: number
}

/** More at once are not faster in total, and each would take longer. */
const sendingMax = 2
const lookMs = 500

type Work = { upload: NewUpload; sending: Sending | null; lookedAt: number; lookedBytes: number }

const works = new Map<string, Work>()

export function isUnderWay({ state }: RunningUpload): boolean {
  return state === 'waiting' || state === 'sending' || state === 'offline' || state === 'held'
}

function isBeingTaken({ state, image }: RunningUpload): boolean {
  return state === 'arrived' && image !== 'gone' && (image === null || isInMotion(image.state))
}

export function hasFailed({ state, image }: RunningUpload): boolean {
  return state === 'failed' || (image !== null && image !== 'gone' && isFailed(image.state))
}

export function runUpload(upload: NewUpload): void {
  works.get(upload.imageId)?.sending?.end()
  works.set(upload.imageId, { upload, sending: null, lookedAt: 0, lookedBytes: 0 })
  const { imageId, region, name, operatingSystem, file, sentBytes } = upload
  const begun = { imageId, region, name, operatingSystem, fileName: file.name, size: file.size, sentBytes }
  const others = runningUploads().filter((other) => other.imageId !== imageId)
  changeTo([...others, { ...begun, state: 'waiting', rate: 0, refusal: null, image: null }])
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

export function forgetUpload(imageId: string): void {
  works.get(imageId)?.sending?.end()
  works.delete(imageId)
  changeTo(runningUploads().filter((upload) => upload.imageId !== imageId))
  void startNext()
}

async function startNext(): Promise<void> {
  const { sendFile } = await latePart(() => import('./send'))
  for (const { imageId, state } of runningUploads()) {
    if (runningUploads().filter((upload) => upload.state === 'sending').length >= sendingMax) return
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
      onStopped: (why) => stopped(imageId, stateAfter(why)),
    })
    change(imageId, { state: 'sending' })
    work.sending.start()
  }
}

function stateAfter(why: 'offline' | Refusal | Fault): Partial<RunningUpload> {
  if (why === 'offline') return { state: 'offline' }
  noteAnswer(why)
  return { state: isPageStatus(why) || why.code === 'READ_ONLY' ? 'held' : 'failed', refusal: why }
}

let isFollowing = false

async function follow(): Promise<void> {
  if (isFollowing) return
  isFollowing = true
  const { followImages } = await latePart(() => import('./follow'))
  await followImages({
    pending: () =>
      runningUploads()
        .filter(isBeingTaken)
        .map(({ imageId }) => imageId),
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
  const last = runningUploads().find((upload) => upload.imageId === imageId)?.rate ?? 0
  const rate = work.lookedAt === 0 ? last : Math.max(0, (sentBytes - work.lookedBytes) / (passed / 1_000))
  Object.assign(work, { lookedAt: now, lookedBytes: sentBytes })
  change(imageId, { sentBytes, rate: last === 0 ? rate : last * 0.7 + rate * 0.3 })
}

function change(imageId: string, fields: Partial<RunningUpload>): void {
  changeTo(runningUploads().map((upload) => (upload.imageId === imageId ? { ...upload, ...fields } : upload)))
}

function changeTo(uploads: RunningUpload[]): void {
  setUploads(uploads)
  // The browser asks before leaving the page only while an upload is running.
  const listen = uploads.some(isUnderWay) ? 'addEventListener' : 'removeEventListener'
  window[listen]('beforeunload', askBeforeLeaving)
  window[listen]('online', goOn)
}

function askBeforeLeaving(event: Event): void {
  event.preventDefault()
}

function goOn(): void {
  for (const { imageId, state } of runningUploads()) if (state === 'offline') resumeUpload(imageId)
}

subscribePageStatus(() => {
  if (pageStatus() || isReadOnly()) return
  for (const { imageId, state } of runningUploads()) if (state === 'held') resumeUpload(imageId)
})
