import type { Route } from 'next'
import Link from 'next/link'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'

type LinkCardProps = { title: string; line: string; label: string; href: Route }

/** A card of Account Info that links to a page. */
export function LinkCard({ title, line, label, href }: LinkCardProps) {
  const link = (
    <Link href={href} className={buttonClass('secondary')}>
      {label}
    </Link>
  )
  return (
    <Card title={title} line={line} action={link}>
      {null}
    </Card>
  )
}
