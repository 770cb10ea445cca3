'use client'

import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useAfterPress } from '@/components/ui/after-press'
import { classNames } from '@/components/ui/class-names'
import { late } from '@/components/ui/late'
import { splitUsernames } from '@/lib/accounts/rules'
import { latePart } from '@/lib/late-part'
import type { RefusedRecipient } from '@/lib/result'
import type { Entry } from './recipient-state'

// Loaded when somebody is about to type a username.
const loadEntries = () => latePart(() => import('./username-chip'))
const UsernameChips = late(
  dynamic(() => loadEntries().then((module) => module.UsernameChips)),
  PlainChips,
)
const RecipientLines = late(dynamic(() => loadEntries().then((module) => module.RecipientLines)))

/** Characters that turn the typed text into a chip. A space does not: names of people contain spaces. */
export const nameEnd = /[,;，；、\n]/

/** Look-ups of unknown names are limited, so they wait for a pause in typing. */
const debounceMs = 600

type UsernamesFieldProps = {
  usernames: string[]
  typed: string
  sharedWith: string[]
  refused: RefusedRecipient[]
  error: string | undefined
  onChange: (usernames: string[]) => void
  onType: (typed: string) => void
}

/**
 * One text box for several usernames. Enter, a comma, a paste or leaving the field makes chips. Without scripts it is a
 * plain text box that the server splits in the same way.
 */
export function UsernamesField(props: UsernamesFieldProps) {
  const { usernames, typed, sharedWith, refused, error, onChange, onType } = props
  const t = useTranslations('share')
  const input = useRef<HTMLInputElement>(null)
  const words = useDebounced(typed, debounceMs)
  const add = (text: string) => {
    onChange([...new Set([...usernames, ...splitUsernames(text)])])
    onType('')
  }
  const finish = useAfterPress(() => {
    if (typed.trim() && document.activeElement !== input.current) add(typed)
  })
  const remove = (username: string) => {
    onChange(usernames.filter((other) => other !== username))
    input.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // During a composition Enter chooses the input method's candidate.
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && typed.trim()) {
      event.preventDefault()
      add(typed)
    }
    const last = usernames.at(-1)
    if (event.key === 'Backspace' && !typed && last) remove(last)
  }
  const onPaste = (event: ClipboardEvent<HTMLInputElement>) => {
    event.preventDefault()
    const { selectionStart, selectionEnd } = event.currentTarget
    const before = typed.slice(0, selectionStart ?? typed.length)
    const after = typed.slice(selectionEnd ?? typed.length)
    add(`${before}${event.clipboardData.getData('text')}${after}`)
  }
  const entryOf = (username: string): Entry => ({
    username,
    refusal: refused.find((recipient) => recipient.username === username)?.code,
    isShared: sharedWith.includes(username),
  })
  const chips = usernames.map(entryOf)
  const [current, ...more] = splitUsernames(words).filter((word) => !usernames.includes(word))
  // Several words are not looked up: they may become a person's name.
  const named = current && more.length === 0 ? [...usernames, current] : usernames
  // Without scripts refused usernames are still in the box, not in chips.
  const inBox = splitUsernames(typed).filter((word) => refused.some(({ username }) => username === word))
  const shown = [...new Set([...named, ...inBox])].map(entryOf)
  const isWrong = Boolean(error) || refused.length > 0
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor="username" className="font-medium text-sm">
        {t('username')}
      </label>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the chips focuses the text box, which has the keyboard. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: see above. */}
      <div
        onClick={(event) => event.target === event.currentTarget && input.current?.focus()}
        className={classNames(
          'flex min-h-9 cursor-text flex-wrap items-center gap-1 rounded-control border bg-surface-raised p-1',
          'focus-within:outline-2 focus-within:outline-focus',
          isWrong ? 'border-danger' : 'border-line-strong',
        )}
      >
        {chips.length > 0 && <UsernameChips entries={chips} onRemove={remove} />}
        {usernames.map((username) => (
          <input key={username} type="hidden" name="usernames[]" value={username} />
        ))}
        <input
          ref={input}
          id="username"
          type="text"
          name="usernames[]"
          value={typed}
          maxLength={4096}
          aria-describedby="username-about"
          aria-invalid={isWrong || undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ target: { value } }) => (nameEnd.test(value) ? add(value) : onType(value))}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onFocus={() => void loadEntries()}
          onBlur={finish}
          className="h-7 min-w-32 flex-1 bg-transparent px-1.5 text-md outline-none"
        />
      </div>
      <div id="username-about" className="text-xs">
        <p className={error ? 'text-danger' : 'text-ink-muted'}>{error ?? t('usernameHint')}</p>
        <ul aria-live="polite" className="mt-1 grid gap-x-4 gap-y-0.5 empty:hidden sm:grid-cols-2">
          {shown.length > 0 && <RecipientLines entries={shown} />}
        </ul>
      </div>
    </div>
  )
}

/** The usernames as plain chips until the code that shows their state has loaded. */
function PlainChips({ entries }: { entries: Entry[] }) {
  return entries.map(({ username }) => (
    <span
      key={username}
      className="inline-flex h-7 max-w-full items-center rounded-full border border-line-strong border-dashed px-2 text-xs"
    >
      <span className="truncate">{username}</span>
    </span>
  ))
}

function useDebounced(value: string, waitMs: number): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), waitMs)
    return () => clearTimeout(timer)
  }, [value, waitMs])
  return settled === value ? settled : ''
}
