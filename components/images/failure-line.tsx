'use client'

import { Ellipsis } from '@/components/ui/ellipsis'
import type { ReadFailure } from '@/lib/images/schema'
import { useFailureText } from './failure-text'

/** Why an image failed, under its name in a list. The whole of it is on the image's page. */
export function FailureLine({ failure }: { failure: ReadFailure }) {
  const failureText = useFailureText()
  return <Ellipsis text={failureText(failure)} lines="two" className="text-danger text-xs" />
}
