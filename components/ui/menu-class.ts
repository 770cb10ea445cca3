export const menuClass =
  'z-50 min-w-44 animate-appear rounded-card border border-line bg-surface-float p-1 text-ink text-sm shadow-float'

export const menuItemClass =
  'flex h-8 w-full items-center gap-2 rounded-control px-2 text-left outline-none data-highlighted:bg-surface-hover'
