import { z } from 'zod'
import { imageId, regionId } from '@/lib/fields'

export const transferInput = z.object({ region: regionId, imageId })
export type TransferInput = z.infer<typeof transferInput>
