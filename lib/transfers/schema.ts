import { z } from 'zod'
import { imageId, regionId } from '@/lib/fields'

/** A transfer is named by the image that it makes, in the region where it makes it. */
export const transferInput = z.object({ region: regionId, imageId })
export type TransferInput = z.infer<typeof transferInput>
