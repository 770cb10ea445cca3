import 'server-only'
import { headers } from 'next/headers'
import { unstable_rethrow } from 'next/navigation'
import { cache } from 'react'
import { isSilent } from '@/lib/db/errors'
import { currentRequest, logFault, requestIdOf } from '@/lib/log'
import { patienceLeft, within } from '@/lib/patience'

/** When the page's render began: all its reads share one time limit. */
const pageBegan = cache(() => Date.now())

const pageRequest = cache(async () => requestIdOf(await headers()))

/** The prefix of a digest that also tells the error page the kind of the fault. */
const silent = 'database.'

/**
 * Waits at most 4 s for all of a page's reads together, and at least 1 s for each. A fault is logged under the request's id, which the
 * error page shows.
 */
export async function forPage<T>(work: Promise<T>): Promise<T> {
  try {
    return await within(patienceLeft(Date.now() - pageBegan()), work)
  } catch (error) {
    unstable_rethrow(error)
    // Next.js keeps the digest of an error, and makes one only if there is none.
    if (currentRequest() !== undefined || !(error instanceof Error) || 'digest' in error) throw error
    const reference = logFault(error, 'page', await pageRequest())
    throw Object.assign(error, { digest: isSilent(error) ? `${silent}${reference}` : reference })
  }
}
