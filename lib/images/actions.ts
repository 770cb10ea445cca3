'use server'

import { defineAction } from '@/lib/action'
import { deleteImageInput, ownImageInput, recycleBinInput, updateImageInput } from './schema'
import {
  deleteImage,
  emptyRecycleBin,
  protectImage,
  purgeImage,
  restoreImage,
  unprotectImage,
  updateImage,
} from './writes'

export const deleteImageAction = defineAction(deleteImageInput, deleteImage, { freesSpace: true })
export const updateImageAction = defineAction(updateImageInput, updateImage)
export const protectImageAction = defineAction(ownImageInput, protectImage)
export const unprotectImageAction = defineAction(ownImageInput, unprotectImage)
export const restoreImageAction = defineAction(ownImageInput, restoreImage)
export const purgeImageAction = defineAction(ownImageInput, purgeImage, { freesSpace: true })
export const emptyRecycleBinAction = defineAction(recycleBinInput, emptyRecycleBin, { freesSpace: true })
