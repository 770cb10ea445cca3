export const paletteClass =
  'fixed top-[12dvh] left-1/2 z-50 w-[min(560px,calc(100vw-32px))] -translate-x-1/2 overflow-hidden rounded-card border ' +
  'border-line bg-surface-float text-ink shadow-float'

export const paletteInputClass =
  'h-12 w-full border-line border-b bg-transparent px-4 text-md outline-none placeholder:text-ink-muted'
