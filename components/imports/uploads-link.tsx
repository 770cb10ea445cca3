'use client'

import dynamic from 'next/dynamic'
import { latePart } from '@/lib/late-part'
import { useUploads } from './use-uploads'

// Few visits upload anything, so what tells of uploads is fetched when there is one.
const UploadsWatch = dynamic(() => latePart(() => import('./uploads-watch').then((module) => module.UploadsWatch)), {
  ssr: false,
})

/** Tells in the top bar of the uploads of this tab, whatever page is looked at. */
export function UploadsLink() {
  return useUploads().length > 0 && <UploadsWatch />
}
