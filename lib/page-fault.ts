import 'server-only'
import { headers } from 'next/headers'
import { unstable_rethrow } from 'next/navigation'
import { cache } from 'react'
import { currentRequest, logFault, requestIdOf } from '@/lib/log'

const pageRequest = cache(async () => requestIdOf(await headers()))

/**
 * What a page waits for. A fault is logged under the id of its request, and the page that stands in for it shows that id.
 * Actions and routes have a catch of their own, which does the same.
 */
export async function forPage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    unstable_rethrow(error)
    // Next shows the digest that an error has already, and makes one only where there is none.
    if (currentRequest() !== undefined || !(error instanceof Error) || 'digest' in error) throw error
    throw Object.assign(error, { digest: logFault(error, 'page', await pageRequest()) })
  }
}
