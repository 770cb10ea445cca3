'use client'

import { Ellipsis } from '@/components/ui/ellipsis'
import type { ReadFailure } from '@/lib/images/schema'
import { useFailureText } from './failure-text'

/** The failure of an image under its name in a list, shortened. The image's page shows it in full. */
export function FailureLine({ failure }: { failure: ReadFailure }) {
  const failureText = useFailureText()
  return <Ellipsis text={failureText(failure)} lines="two" className="text-danger text-xs" />
}
