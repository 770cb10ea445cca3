/**
 * Copies a text; false if the browser refuses. Plain http from another machine has no `navigator.clipboard`: the old
 * way.
 */
export async function copyText(text: string): Promise<boolean> {
  // Declared as always there, which it is in secure contexts alone.
  const clipboard: Clipboard | undefined = navigator.clipboard
  const isWritten = await clipboard?.writeText(text).then(
    () => true,
    () => false,
  )
  return isWritten || copyBySelection(text)
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.setAttribute('aria-hidden', 'true')
  field.style.position = 'fixed'
  field.style.opacity = '0'
  // Next to the button that was pressed: a dialog takes the focus back from anything outside it.
  const place = focused?.parentElement ?? document.body
  place.append(field)
  try {
    field.select()
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    field.remove()
    focused?.focus({ preventScroll: true })
  }
}
