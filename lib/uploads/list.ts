import type { ImportState } from '@/lib/imports/schema'
import type { Fault, Refusal } from '@/lib/result'

// The uploads of this tab, for every page. The code that sends them is in running.ts, loaded with the first upload.

/** `held`: the page must not continue, usually because the session has ended; the upload resumes with the page. */
export type RunningState = 'waiting' | 'sending' | 'paused' | 'offline' | 'held' | 'failed' | 'arrived'

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
  rate: number
  refusal: Refusal | Fault | null
  image: ArrivedImage | null
}

let uploads: RunningUpload[] = []
const listeners = new Set<() => void>()

export function subscribeUploads(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function runningUploads(): RunningUpload[] {
  return uploads
}

export function setUploads(next: RunningUpload[]): void {
  uploads = next
  for (const listener of listeners) listener()
}
