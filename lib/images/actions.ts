'use server'

import { defineAction } from '@/lib/action'
import { deleteImageInput, ownImageInput, updateImageInput } from './schema'
import { deleteImage, purgeImage, restoreImage, updateImage } from './writes'

export const deleteImageAction = defineAction(deleteImageInput, deleteImage)
export const updateImageAction = defineAction(updateImageInput, updateImage)
export const restoreImageAction = defineAction(ownImageInput, restoreImage)
export const purgeImageAction = defineAction(ownImageInput, purgeImage)
