import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'

type FormButtonsProps = {
  submit: string
  isPending: boolean
  /** For a form on its own page: a link back, which clears the draft. */
  back: { href: Route; label: string; discard: () => void } | null
  children?: ReactNode
}

/** The buttons under a form. */
export function FormButtons({ submit, isPending, back, children }: FormButtonsProps) {
  return (
    <div className="flex flex-wrap gap-2">
      <Button kind="primary" type="submit" isPending={isPending}>
        {submit}
      </Button>
      {back && (
        <Link href={back.href} onClick={back.discard} className={buttonClass('secondary')}>
          {back.label}
        </Link>
      )}
      {children}
    </div>
  )
}
