'use client'

import { type FocusEvent, type FormEvent, type KeyboardEvent, type Ref, useRef } from 'react'
import { backspace, enter, type Key, keysOf } from '@/lib/viewers/keys'

type PhoneKeyboardProps = { label: string; ref: Ref<HTMLTextAreaElement>; onKeys: (keys: Key[]) => void }

/** Text for Backspace to delete: a touch keyboard fires no event for it in an empty field. */
const filling = '\u00a0'.repeat(8)

/** An invisible field. Focusing it opens a phone's keyboard, and its input goes to the machine. */
export function PhoneKeyboard({ label, ref, onKeys }: PhoneKeyboardProps) {
  const before = useRef(filling)
  const take = (event: FormEvent<HTMLTextAreaElement>) => {
    const { value } = event.currentTarget
    // A touch keyboard replaces whole words: send only what follows the common prefix.
    let kept = 0
    while (kept < value.length && value[kept] === before.current[kept]) kept++
    for (let gone = before.current.length; gone > kept; gone--) onKeys([backspace])
    for (const character of value.slice(kept)) onKeys(keysOf(character) ?? [])
    before.current = value
    if (value.length >= filling.length && value.length < 200) return
    event.currentTarget.value = filling
    before.current = filling
  }
  // A field focused by script has its caret at the start; typing there would make everything after it count as new.
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
