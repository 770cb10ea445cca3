import type { ReactNode } from 'react'
import { Button } from './button'

/** `unavailable`: why the form cannot be sent now, shown under the button; null if it can. */
type SubmitButtonProps = { isPending: boolean; unavailable: string | null; children: ReactNode }

/** The button that sends a form. */
export function SubmitButton({ isPending, unavailable, children }: SubmitButtonProps) {
  return (
    <div>
      <Button kind="primary" type="submit" isPending={isPending} disabledReason={unavailable}>
        {children}
      </Button>
      {unavailable && <p className="mt-1 text-ink-muted text-xs">{unavailable}</p>}
    </div>
  )
}
