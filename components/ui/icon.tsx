import type { IconNode } from 'lucide'
import { createElement } from 'react'

const look = {
  'aria-hidden': true,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
}

/** A Lucide icon next to its word; hidden from screen readers. */
export function Icon({ of, className }: { of: IconNode; className?: string }) {
  const shapes = of.map(([shape, attributes]) => createElement(shape, attributes))
  return createElement('svg', { ...look, className }, ...shapes)
}
