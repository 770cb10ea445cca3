/**
 * Copies a text to the clipboard; false if the browser refuses. Over plain http from another machine there is no
 * `navigator.clipboard`, so it falls back to execCommand.
 */
export async function copyText(text: string): Promise<boolean> {
  // TypeScript declares it as always present, but it exists only in secure contexts.
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
  // Beside the pressed button: a dialog takes the focus back from anything outside it.
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
