'use client'

import { useSyncExternalStore } from 'react'
import { type RunningUpload, runningUploads, subscribeUploads } from '@/lib/uploads/list'

const none: RunningUpload[] = []

/** The uploads of this tab, on every page. */
export function useUploads(): RunningUpload[] {
  return useSyncExternalStore(subscribeUploads, runningUploads, () => none)
}
