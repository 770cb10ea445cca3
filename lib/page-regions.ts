import 'server-only'
import { cache } from 'react'
import { forPage } from '@/lib/page-fault'
import { listRegions } from '@/lib/regions/reads'

export const pageRegions = cache(async () => await forPage(listRegions()))
