'use client'

import { useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleDashed, CircleSlash, LoaderCircle, Users, X } from 'lucide'
import { useFormatter, useTranslations } from 'next-intl'
import { useSyncExternalStore } from 'react'
import { classNames } from '@/components/ui/class-names'
import { Icon } from '@/components/ui/icon'
import { recipientQuery } from '@/lib/shares/queries'
import { type Entry, type RecipientState, useRecipientState } from './recipient-state'

const icons = {
  found: CircleCheck,
  looking: LoaderCircle,
  unchecked: CircleDashed,
  limited: CircleSlash,
  shared: Users,
  refused: CircleAlert,
} satisfies Record<RecipientState['kind'], unknown>

const looks: Record<RecipientState['kind'], string> = {
  found: 'border-ok bg-ok-soft text-ok',
  looking: 'border-line-strong bg-surface-muted text-ink-muted',
  unchecked: 'border-line-strong border-dashed bg-surface-muted text-ink',
  limited: 'border-warn border-dashed bg-warn-soft text-warn',
  shared: 'border-warn bg-warn-soft text-warn',
  refused: 'border-danger bg-danger-soft text-danger',
}

const lineLooks: Record<RecipientState['kind'], string> = {
  found: 'text-ok',
  looking: 'text-ink-muted',
  unchecked: 'text-ink-muted',
  limited: 'text-warn',
  shared: 'text-warn',
  refused: 'text-danger',
}

/** The entries as chips. */
export function UsernameChips({ entries, onRemove }: { entries: Entry[]; onRemove: (username: string) => void }) {
  return entries.map((entry) => (
    <UsernameChip key={entry.username} entry={entry} onRemove={() => onRemove(entry.username)} />
  ))
}

/** An entry as a chip, with icon and word, so that colour is never the only sign. */
function UsernameChip({ entry, onRemove }: { entry: Entry; onRemove: () => void }) {
  const t = useTranslations('share')
  const { kind, word } = useRecipientState(entry)
  const icon = icons[kind]
  const { username } = entry
  return (
    <span
      title={t('named', { username, text: word })}
      className={classNames(
        'inline-flex h-7 max-w-full items-center gap-1 rounded-full border pl-1.5 text-xs',
        looks[kind],
      )}
    >
      <Icon of={icon} className={classNames('size-3.5 shrink-0', kind === 'looking' && 'animate-spin')} />
      <span className="truncate text-ink">{username}</span>
      <span className={kind === 'found' || kind === 'looking' ? 'sr-only' : 'shrink-0'}>{word}</span>
      <button
        type="button"
        aria-label={t('remove', { username })}
        onClick={onRemove}
        onKeyDown={(event) => {
          if (event.key !== 'Backspace' && event.key !== 'Delete') return
          event.preventDefault()
          onRemove()
        }}
        className="inline-flex size-6 shrink-0 items-center justify-center rounded-full hover:bg-surface-hover"
      >
        <Icon of={X} className="size-3" />
      </button>
    </span>
  )
}

/** A sentence for each entry, in the list under the field. */
export function RecipientLines({ entries }: { entries: Entry[] }) {
  return (
    <>
      <LimitLine entries={entries} />
      {entries.map((entry) => (
        <RecipientLine key={entry.username} entry={entry} />
      ))}
    </>
  )
}

function RecipientLine({ entry }: { entry: Entry }) {
  const { kind, sentence } = useRecipientState(entry)
  // The exhausted look-up limit concerns all entries and is shown once.
  if (kind === 'unchecked' || kind === 'limited') return null
  return <Line kind={kind}>{sentence}</Line>
}

/** The exhausted look-up limit, shown once if it kept an entry from being looked up. */
function LimitLine({ entries }: { entries: Entry[] }) {
  const t = useTranslations('share')
  const format = useFormatter()
  const resetsAt = useLimit(entries)
  if (!resetsAt) return null
  return (
    <Line kind="limited">{t('limited', { time: format.dateTime(new Date(resetsAt), { timeStyle: 'short' }) })}</Line>
  )
}

/** When look-ups work again, if a cached answer of an entry says so. It sends no request. */
function useLimit(entries: Entry[]): string | undefined {
  const client = useQueryClient()
  const answer = () => {
    const answers = entries.map(({ username }) => client.getQueryData(recipientQuery(username).queryKey))
    const limited = answers.find((known) => known?.status === 'limited')
    return limited?.status === 'limited' ? limited.resetsAt : undefined
  }
  return useSyncExternalStore(
    (onChange) => client.getQueryCache().subscribe(onChange),
    answer,
    () => undefined,
  )
}

function Line({ kind, children }: { kind: RecipientState['kind']; children: string }) {
  const icon = icons[kind]
  return (
    // Valid entries come last, two in a row, so that errors are read first.
    <li
      className={classNames(
        'flex min-w-0 items-start gap-1 [overflow-wrap:anywhere]',
        kind === 'found' || kind === 'looking' ? 'order-last' : 'col-span-full',
        lineLooks[kind],
      )}
    >
      <Icon of={icon} className={classNames('mt-px size-3.5 shrink-0', kind === 'looking' && 'animate-spin')} />
      <span>{children}</span>
    </li>
  )
}
