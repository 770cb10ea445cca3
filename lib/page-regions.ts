import 'server-only'
import { cache } from 'react'
import { forPage } from '@/lib/page-fault'
import { listRegions } from '@/lib/regions/reads'

/** All regions, read once for the layouts and the page of a request. They are the same for every account. */
export const pageRegions = cache(async () => await forPage(listRegions()))
