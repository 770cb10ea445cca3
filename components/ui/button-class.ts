export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'text' | 'text-danger'

/** The classes of a button, for a link that looks like one. */
export function buttonClass(kind: ButtonKind): string {
  return `button button-${kind}`
}
