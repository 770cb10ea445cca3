'use client'

import { Ellipsis } from '@/components/ui/ellipsis'
import type { ReadFailure } from '@/lib/images/schema'
import { useFailureText } from './failure-text'

/** Why an image failed, shortened, under its name in a list. The image's page has all of it. */
export function FailureLine({ failure }: { failure: ReadFailure }) {
  const failureText = useFailureText()
  return <Ellipsis text={failureText(failure)} lines="two" className="text-danger text-xs" />
}
