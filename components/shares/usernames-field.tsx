'use client'

import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useFormatter, useTranslations } from 'next-intl'
import { type ClipboardEvent, type KeyboardEvent, useEffect, useEffectEvent, useRef, useState } from 'react'
import { classNames } from '@/components/ui/class-names'
import { foldUsername, isUsername, signInNameMax, splitUsernames } from '@/lib/accounts/rules'
import type { RefusedRecipient } from '@/lib/result'
import { recipientQuery } from '@/lib/shares/queries'

/** A look-up of a name that nobody has is counted, so it waits until typing has paused. */
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

/** One text box for any number of usernames. Enter, a comma, a paste or leaving it makes a chip of what was typed. */
export function UsernamesField({
  usernames,
  typed,
  sharedWith,
  refused,
  error,
  onChange,
  onType,
}: UsernamesFieldProps) {
  const t = useTranslations('share')
  const input = useRef<HTMLInputElement>(null)
  const current = useDebounced(foldUsername(typed), debounceMs)
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
    // Enter inside a composition chooses a candidate of the input method.
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && typed.trim()) {
      event.preventDefault()
      add(typed)
    }
    const last = usernames.at(-1)
    if (event.key === 'Backspace' && !typed && last) remove(last)
  }
  const onPaste = (event: ClipboardEvent) => {
    event.preventDefault()
    add(`${typed}${event.clipboardData.getData('text')}`)
  }
  const problemOf = (username: string) => refused.find((recipient) => recipient.username === username)?.code
  const shown = [...usernames, ...(current && !usernames.includes(current) ? [current] : [])]
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor="username" className="font-medium text-sm">
        {t('username')}
      </label>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: pointing beside the chips means the text box, which has the keyboard. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: see above. */}
      <div
        onClick={(event) => event.target === event.currentTarget && input.current?.focus()}
        className={classNames(
          'flex min-h-8.5 cursor-text flex-wrap items-center gap-1 rounded-control border bg-surface-raised p-1',
          'focus-within:outline-2 focus-within:outline-focus',
          error || refused.length > 0 ? 'border-danger' : 'border-line-strong',
        )}
      >
        {usernames.map((username) => (
          <Chip
            key={username}
            username={username}
            isRefused={problemOf(username) !== undefined}
            onRemove={() => remove(username)}
          />
        ))}
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
          aria-invalid={error || refused.length > 0 ? true : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) =>
            /[,;，；、\n]/.test(event.target.value) ? add(event.target.value) : onType(event.target.value)
          }
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={finish}
          className="h-6 min-w-32 flex-1 bg-transparent px-1.5 text-md outline-none"
        />
      </div>
      <div id="username-about" className="text-xs">
        <p className={error ? 'text-danger' : 'text-ink-muted'}>{error ?? t('usernameHint')}</p>
        <ul aria-live="polite" className="flex flex-col gap-0.5 empty:hidden">
          {shown.map((username) => (
            <RecipientLine
              key={username}
              username={username}
              refusal={problemOf(username)}
              isShared={sharedWith.includes(username)}
            />
          ))}
        </ul>
      </div>
    </div>
  )
}

function Chip({ username, isRefused, onRemove }: { username: string; isRefused: boolean; onRemove: () => void }) {
  const t = useTranslations('share')
  return (
    <span
      className={classNames(
        'inline-flex h-6 max-w-full items-center gap-0.5 rounded-full pr-0.5 pl-2 text-xs',
        isRefused ? 'bg-danger-soft text-danger' : 'bg-accent-soft text-accent',
      )}
    >
      <span className="truncate">{username}</span>
      <button
        type="button"
        aria-label={t('remove', { username })}
        onClick={onRemove}
        className="inline-flex size-5 shrink-0 items-center justify-center rounded-full hover:bg-surface-hover"
      >
        <X aria-hidden className="size-3" />
      </button>
    </span>
  )
}

type RecipientLineProps = { username: string; refusal: RefusedRecipient['code'] | undefined; isShared: boolean }

/** What is known of one username: why it was refused, else what the look-up says. */
function RecipientLine({ username, refusal, isShared }: RecipientLineProps) {
  const t = useTranslations()
  const format = useFormatter()
  const isPlausible = isUsername(username) || username.includes('@')
  const { data, isFetching } = useQuery({
    ...recipientQuery(username),
    enabled: isPlausible && username.length <= signInNameMax && !isShared && !refusal,
  })
  const named = (text: string) => `${username}: ${text}`
  if (refusal) return <Line tone="danger">{named(t(`recipientRefusals.${refusal}`))}</Line>
  if (isShared) return <Line tone="danger">{named(t('share.already'))}</Line>
  if (!isPlausible) return <Line tone="danger">{named(t('share.unknown'))}</Line>
  if (isFetching) return <Line tone="muted">{t('share.looking', { username })}</Line>
  if (!data) return null
  if (data.status === 'found')
    return <Line tone="ok">{t('share.found', { username, displayName: data.displayName })}</Line>
  if (data.status === 'limited') {
    return (
      <Line tone="danger">
        {t('share.limited', { time: format.dateTime(new Date(data.resetsAt), { timeStyle: 'short' }) })}
      </Line>
    )
  }
  return <Line tone="danger">{named(t(`share.${data.status}`))}</Line>
}

function Line({ tone, children }: { tone: 'danger' | 'ok' | 'muted'; children: string }) {
  const Icon = tone === 'danger' ? CircleAlert : tone === 'ok' ? CircleCheck : null
  const look = { danger: 'text-danger', ok: 'text-ok', muted: 'text-ink-muted' }[tone]
  return (
    <li className={classNames('flex items-start gap-1 [overflow-wrap:anywhere]', look)}>
      {Icon && <Icon aria-hidden className="mt-px size-3.5 shrink-0" />}
      <span>{children}</span>
    </li>
  )
}

/**
 * What it returns calls back at once, or, while a mouse button is down, after it has been let go and has clicked: a chip
 * that leaving the box makes would move what is being pressed away from under the pointer, and it would get no click.
 */
function useAfterPress(callback: () => void): () => void {
  const isPressed = useRef(false)
  const afterwards = useEffectEvent(callback)
  useEffect(() => {
    const press = () => {
      isPressed.current = true
    }
    const release = () => {
      isPressed.current = false
      setTimeout(() => afterwards())
    }
    // What is dragged, or pressed when the window goes away, is let go without a word of the button.
    window.addEventListener('mousedown', press, true)
    window.addEventListener('mouseup', release, true)
    window.addEventListener('dragend', release, true)
    window.addEventListener('blur', release)
    return () => {
      window.removeEventListener('mousedown', press, true)
      window.removeEventListener('mouseup', release, true)
      window.removeEventListener('dragend', release, true)
      window.removeEventListener('blur', release)
    }
  }, [])
  return () => {
    if (!isPressed.current) callback()
  }
}

function useDebounced(value: string, waitMs: number): string {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), waitMs)
    return () => clearTimeout(timer)
  }, [value, waitMs])
  return value === '' ? '' : settled === value ? settled : ''
}
