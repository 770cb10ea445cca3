'use client'

import { type FocusEvent, type FormEvent, type KeyboardEvent, type Ref, useRef } from 'react'
import { backspace, enter, type Key, keysOf } from '@/lib/viewers/keys'

type PhoneKeyboardProps = { label: string; ref: Ref<HTMLTextAreaElement>; onKeys: (keys: Key[]) => void }

/** Something to delete: a keyboard on a glass says nothing of Backspace in an empty field. */
const filling = '\u00a0'.repeat(8)

/** A field that nobody sees. To focus it brings up the keyboard of a phone, and what is typed goes to the machine. */
export function PhoneKeyboard({ label, ref, onKeys }: PhoneKeyboardProps) {
  const before = useRef(filling)
  const take = (event: FormEvent<HTMLTextAreaElement>) => {
    const { value } = event.currentTarget
    // Such a keyboard replaces whole words: what both texts begin with has stayed.
    let kept = 0
    while (kept < value.length && value[kept] === before.current[kept]) kept++
    for (let gone = before.current.length; gone > kept; gone--) onKeys([backspace])
    for (const character of value.slice(kept)) onKeys(keysOf(character) ?? [])
    before.current = value
    if (value.length >= filling.length && value.length < 200) return
    event.currentTarget.value = filling
    before.current = filling
  }
  // A field that gets the focus from a button has its caret at the beginning, and all that stands behind it would be typed anew.
  const begin = ({ currentTarget }: FocusEvent<HTMLTextAreaElement>) =>
    currentTarget.setSelectionRange(currentTarget.value.length, currentTarget.value.length)
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    onKeys([enter])
  }
  return (
    <textarea
      ref={ref}
      aria-label={label}
      tabIndex={-1}
      rows={1}
      autoCapitalize="none"
      autoComplete="off"
      autoCorrect="off"
      spellCheck={false}
      defaultValue={filling}
      onFocus={begin}
      onInput={take}
      onKeyDown={press}
      className="pointer-events-none absolute bottom-0 left-0 size-px resize-none overflow-hidden opacity-0"
    />
  )
}
