import { z } from 'zod'
import { imageId, regionId, text } from '@/lib/fields'
import type { ImageStateName, ImportStepName } from '@/lib/images/rules'
import { imageName, operatingSystem, type ReadFailure } from '@/lib/images/schema'
import { importsAskedMax } from './rules'

const fileNameMax = 255

export const importImageInput = z.object({ region: regionId, name: imageName, operatingSystem })
export type ImportImageInput = z.infer<typeof importImageInput>

export const begunImport = z.object({ imageId })

export const sha256Hex = z.string('invalid').regex(/^[0-9a-f]{64}$/, 'invalid')

/** The browser's description of a file before the upload. The file name is only shown; nothing depends on it. */
export const uploadInput = importImageInput.extend({
  fileName: text(fileNameMax).transform((name) => name.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '').trim()),
  size: z.number('number').int('number').min(1, 'required'),
})
export type UploadInput = z.infer<typeof uploadInput>

export const unfinishedUploadsParams = z.object({ region: regionId })
export type UnfinishedUploadsParams = z.infer<typeof unfinishedUploadsParams>

export type UnfinishedUpload = {
  imageId: string
  name: string
  fileName: string
  operatingSystem: string
  doneBytes: number
  totalBytes: number
  expiresAt: string
}

export const importStatesParams = z.object({
  ids: z
    .string('invalid')
    .max(16 * importsAskedMax, 'too-many')
    .transform((ids) => ids.split(','))
    .pipe(z.array(imageId).max(importsAskedMax, 'too-many')),
})
export type ImportStatesParams = z.infer<typeof importStatesParams>

export type ImportState = {
  imageId: string
  state: ImageStateName
  step: ImportStepName | null
  doneBytes: number
  totalBytes: number
  failure: ReadFailure | null
}
