'use server'

import { defineAction } from '@/lib/action'
import type { Need } from '@/lib/permissions'
import {
  type DeleteImageInput,
  deleteImageInput,
  deleteImagesInput,
  deprecateImageInput,
  ownImageInput,
  recycleBinInput,
  updateImageInput,
} from './schema'
import { setTagsInput } from './schema-tags'
import {
  deleteImage,
  emptyRecycleBin,
  protectImage,
  purgeImage,
  restoreImage,
  unprotectImage,
  updateImage,
} from './writes'
import { deprecateImage, undeprecateImage } from './writes-deprecate'
import { deleteImages } from './writes-many'
import { setImageTags } from './writes-tags'

// Deleting a shared image ends its shares, so it needs that permission too.
const deleteNeeds = ({ region, cancelShares }: DeleteImageInput): Need[] => [
  { permission: 'images.change', region },
  ...(cancelShares ? [{ permission: 'shares.give' as const, region }] : []),
]

export const deleteImageAction = defineAction(deleteImageInput, deleteImage, { needs: deleteNeeds, freesSpace: true })
export const deleteImagesAction = defineAction(deleteImagesInput, deleteImages, {
  needs: 'images.change',
  freesSpace: true,
})
export const updateImageAction = defineAction(updateImageInput, updateImage, { needs: 'images.change' })
export const protectImageAction = defineAction(ownImageInput, protectImage, { needs: 'images.change' })
export const unprotectImageAction = defineAction(ownImageInput, unprotectImage, { needs: 'images.change' })
export const deprecateImageAction = defineAction(deprecateImageInput, deprecateImage, { needs: 'images.change' })
export const undeprecateImageAction = defineAction(ownImageInput, undeprecateImage, { needs: 'images.change' })
export const setImageTagsAction = defineAction(setTagsInput, setImageTags, { needs: 'images.change' })
export const restoreImageAction = defineAction(ownImageInput, restoreImage, { needs: 'images.change' })
export const purgeImageAction = defineAction(ownImageInput, purgeImage, { needs: 'images.change', freesSpace: true })
export const emptyRecycleBinAction = defineAction(recycleBinInput, emptyRecycleBin, {
  needs: 'images.change',
  freesSpace: true,
})
