'use client'

import dynamic from 'next/dynamic'
import { latePart } from '@/lib/late-part'
import { useUploads } from './use-uploads'

// Few visits upload anything, so this is loaded with the first upload.
const UploadsWatch = dynamic(() => latePart(() => import('./uploads-watch').then((module) => module.UploadsWatch)), {
  ssr: false,
})

/** The uploads of this tab in the top bar, on every page. */
export function UploadsLink() {
  return useUploads().length > 0 && <UploadsWatch />
}
