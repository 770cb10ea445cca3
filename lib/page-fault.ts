import 'server-only'
import { headers } from 'next/headers'
import { unstable_rethrow } from 'next/navigation'
import { cache } from 'react'
import { isSilent } from '@/lib/db/errors'
import { currentRequest, logFault, requestIdOf } from '@/lib/log'
import { patienceLeft, within } from '@/lib/patience'

/** A page waits for several things, some of them after others; they have one patience together. */
const pageBegan = cache(() => Date.now())

const pageRequest = cache(async () => requestIdOf(await headers()))

/** A digest names the kind of a fault if the error page says more about it than the reference. */
const silent = 'database.'

/** Waits at most 4 s for what a page needs, all together, and at least 1 s for each thing. A fault is logged under the request's id, which the error page shows. */
export async function forPage<T>(work: Promise<T>): Promise<T> {
  try {
    return await within(patienceLeft(Date.now() - pageBegan()), work)
  } catch (error) {
    unstable_rethrow(error)
    // Next shows the digest that an error has already, and makes one only where there is none.
    if (currentRequest() !== undefined || !(error instanceof Error) || 'digest' in error) throw error
    const reference = logFault(error, 'page', await pageRequest())
    throw Object.assign(error, { digest: isSilent(error) ? `${silent}${reference}` : reference })
  }
}
