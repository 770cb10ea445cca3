import { z } from 'zod'
import { freeText, text } from '@/lib/fields'
import { isRegionId, regionNameMax } from './rules'

/** A new region: its id, and a name of any characters that can be seen, on one line. */
export const newRegionInput = z.object({
  id: text(128).refine(isRegionId, 'format'),
  name: freeText(regionNameMax).pipe(
    z
      .string()
      .min(1, 'required')
      .refine((name) => !name.includes('\n'), 'characters'),
  ),
})
