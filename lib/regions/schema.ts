import { z } from 'zod'
import { freeText, text } from '@/lib/fields'
import { isRegionId, regionNameMax } from './rules'

const name = freeText(regionNameMax).pipe(
  z
    .string()
    .min(1, 'required')
    .refine((typed) => !typed.includes('\n'), 'characters'),
)

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

export type Region = { id: string; name: string; nameZh: string | null }

export type RegionContents = { region: string; images: number; shares: number; newShares: number; instances: number }
