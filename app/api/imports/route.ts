import { listImportStates } from '@/lib/imports/reads'
import { importStatesParams } from '@/lib/imports/schema'
import { defineRead } from '@/lib/route'

export const GET = defineRead(importStatesParams, listImportStates, { needs: 'images.read' })
