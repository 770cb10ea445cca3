'use client'

import { BarePage } from '@/components/shell/bare-page'
import { FaultPage } from '@/components/shell/fault-page'

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <BarePage>
      <FaultPage error={error} reset={reset} />
    </BarePage>
  )
}
