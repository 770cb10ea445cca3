import type { ImportState } from '@/lib/imports/schema'
import type { Fault, Refusal } from '@/lib/result'

// The uploads of this tab, for whatever page asks for them. What makes them go on is in running.ts: it comes with the page on
// which the first one begins.

/** `held`: the page cannot go on as it is, most often because the session has ended; it goes on when the page can. */
export type RunningState = 'waiting' | 'sending' | 'paused' | 'offline' | 'held' | 'failed' | 'arrived'

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

let uploads: RunningUpload[] = []
const listeners = new Set<() => void>()

export function subscribeUploads(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function runningUploads(): RunningUpload[] {
  return uploads
}

/** Puts another list in place of the uploads, and tells whoever shows them. */
export function setUploads(next: RunningUpload[]): void {
  uploads = next
  for (const listener of listeners) listener()
}
