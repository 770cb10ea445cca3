import { classNames } from './class-names'

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'text' | 'text-danger'

const looks: Record<ButtonKind, string> = {
  primary: 'h-8 border-transparent bg-accent px-3 text-on-accent hover:bg-accent-strong',
  secondary: 'h-8 border-line-strong bg-surface-raised px-3 text-ink hover:bg-surface-hover',
  danger: 'h-8 border-transparent bg-danger px-3 text-on-danger hover:bg-danger-strong',
  text: 'h-7 border-transparent px-1.5 text-accent hover:bg-accent-soft',
  'text-danger': 'h-7 border-transparent px-1.5 text-danger hover:bg-danger-soft',
}

/** The classes of a button, for a link that looks like one. */
export function buttonClass(kind: ButtonKind): string {
  return classNames(
    'button inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-control border font-medium text-sm',
    'transition-colors duration-150 aria-disabled:cursor-not-allowed aria-disabled:opacity-60',
    looks[kind],
  )
}
