import { z } from 'zod'
import { imageId, regionId } from '@/lib/fields'
import { imageName } from '@/lib/images/schema'

export const copyImageInput = z.object({ region: regionId, imageId, targetRegion: regionId, name: imageName })
export type CopyImageInput = z.infer<typeof copyImageInput>

export const begunCopy = z.object({ region: regionId, imageId })
export type BegunCopy = z.infer<typeof begunCopy>
