'use server'

import { defineAction } from '@/lib/action'
import { deleteImageInput, updateImageInput } from './schema'
import { deleteImage, updateImage } from './writes'

export const deleteImageAction = defineAction(deleteImageInput, deleteImage)
export const updateImageAction = defineAction(updateImageInput, updateImage)
