import type { Route } from 'next'
import Link from 'next/link'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'

type NothingSelectedProps = { title: string; text: string; back: { href: Route; label: string } }

/** Replaces a form that was opened without a selection, or whose selection is gone. */
export function NothingSelected({ title, text, back }: NothingSelectedProps) {
  return (
    <Card title={title}>
      <div className="flex flex-col items-start gap-3 p-4 text-sm">
        <p>{text}</p>
        <Link href={back.href} className={buttonClass('secondary')}>
          {back.label}
        </Link>
      </div>
    </Card>
  )
}
