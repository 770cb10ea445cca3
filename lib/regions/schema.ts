import { z } from 'zod'
import { freeText, text } from '@/lib/fields'
import { isRegionId, regionNameMax } from './rules'

/** A name of any characters that can be seen, on one line. */
const name = freeText(regionNameMax).pipe(
  z
    .string()
    .min(1, 'required')
    .refine((typed) => !typed.includes('\n'), 'characters'),
)

/** A new region. */
export const newRegionInput = z.object({
  id: text(128).refine(isRegionId, 'format'),
  name,
  nameZh: name.optional(),
})
export type NewRegionInput = z.infer<typeof newRegionInput>

/** New names of a region; missing ones stay. An empty Chinese name removes it. */
export const renameRegionInput = z.object({
  id: text(128),
  name: name.optional(),
  nameZh: name.or(z.literal('')).optional(),
})
export type RenameRegionInput = z.infer<typeof renameRegionInput>

/** A region with its name, and its Chinese name where it has one. */
export type Region = { id: string; name: string; nameZh: string | null }

/**
 * The content of the viewer's master account in a region: own images, images shared with it, how many of those are new,
 * and instances.
 */
export type RegionContents = { region: string; images: number; shares: number; newShares: number; instances: number }
