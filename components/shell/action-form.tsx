'use client'

import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { type FormEvent, type ReactNode, type RefObject, useActionState, useEffect, useRef, useState } from 'react'
import { dropDraft, keepDraft, readDraft } from '@/lib/drafts'
import type { FormAction, FormAnswer } from '@/lib/form-data'
import { keepable } from '@/lib/form-data'
import { build, identityFields, newKey } from '@/lib/page-identity'
import { isPageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'
import { type Noun, useFormAction } from '@/lib/use-action'
import { usePageAccount } from './page-account'
import { RefusalNotice } from './refusal-notice'
import { fieldOfRefusal, useFieldError } from './refusal-text'

/** What a form shows of itself. */
export type FormView<T> = {
  isPending: boolean
  /** What the last try has brought, until something is typed again. */
  done: T | null
  refusal: Refusal | Fault | null
  /** The sentence under a field, until somebody changes the field. */
  errorOf: (field: string) => string | undefined
  /** What a field is filled with: what was typed where the page was made anew, else what there is. */
  typed: (field: string, otherwise?: string) => string
  /** The same for a field that is a list. */
  typedList: (field: string) => string[]
  /** Takes the refusal away: what it was about has changed. */
  reset: () => void
  /** Forgets what was typed. */
  discard: () => void
}

type ActionFormProps<T> = {
  /** Tells the forms of a tab apart, for what is typed and not yet sent. */
  name: string
  action: FormAction<T>
  /** Fields that nobody types. */
  fixed?: Record<string, string>
  /** The key of a form that makes something: sent twice, it is done once. */
  idempotencyKey?: string
  changes: Noun[]
  onDone?: (value: T) => void
  /** Where it leads when it is done, with and without scripts. */
  leadsTo?: Route
  className?: string
  children: (view: FormView<T>) => ReactNode
}

/**
 * A form whose `action` is a server action: before its script has come, and without one, the browser sends it and the page
 * is made again with what came of it. With scripts the page stays. Either way nothing typed is lost: refusals, reloads, an
 * ended session and an update of the console leave it where it is. Passwords are never kept.
 */
export function ActionForm<T>({ name, action, fixed = {}, idempotencyKey, ...props }: ActionFormProps<T>) {
  const form = useRef<HTMLFormElement>(null)
  const summary = useRef<HTMLDivElement>(null)
  const account = usePageAccount()
  const router = useRouter()
  // The answer to a form that the browser sent by itself.
  const [sent, formAction] = useActionState<FormAnswer<T> | null, FormData>(action, null)
  const asked = useFormAction(action, { changes: props.changes, isLeaving: props.leadsTo !== undefined })
  const [isTried, setTried] = useState(false)
  const [done, setDone] = useState<T | null>(sent?.ok ? sent.value : null)
  const [mended, setMended] = useState<string[]>([])
  const [key, renewKey] = useIdempotencyKey(idempotencyKey)
  const draft = `${account} ${name}`
  const before = isTried || sent?.ok !== false ? null : sent.refusal
  const refusal = asked.refusal ?? before
  useDraft(form, draft)
  useFocusOnRefusal(form, summary, asked.refusal)
  const fieldError = useFieldError(refusal)
  const reset = () => {
    setTried(true)
    asked.reset()
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (asked.isPending) return
    setTried(true)
    setDone(null)
    asked.send(new FormData(event.currentTarget), (value) => {
      dropDraft(draft)
      form.current?.reset()
      renewKey()
      setDone(() => value)
      props.onDone?.(value)
      if (props.leadsTo) router.push(props.leadsTo)
    })
    setMended([])
  }
  const change = (event: FormEvent<HTMLFormElement>) => {
    keepDraft(draft, keepable(new FormData(event.currentTarget)))
    setDone(null)
    const field = event.target instanceof Element ? nameOf(event.target).replace('[]', '') : null
    if (field) setMended((fields) => (fields.includes(field) ? fields : [...fields, field]))
  }
  const { leadsTo } = props
  const page = {
    [identityFields.account]: account,
    [identityFields.build]: build,
    [identityFields.key]: key,
    [identityFields.next]: leadsTo,
  }
  const hidden = { ...fixed, ...page }
  const inSummary = refusal && refusal.code !== 'INVALID_INPUT' && !fieldOfRefusal(refusal)
  return (
    // The browser's own bubbles speak its language and not the console's: what is missing is said under its field.
    <form ref={form} action={formAction} noValidate onSubmit={submit} onInput={change} className={props.className}>
      {Object.entries(hidden).map(
        ([field, value]) => value && <input key={field} type="hidden" name={field} value={value} />,
      )}
      {inSummary && !(refusal === asked.refusal && isPageStatus(refusal)) && (
        <RefusalNotice refusal={refusal} ref={summary} />
      )}
      {props.children({
        isPending: asked.isPending,
        done,
        refusal,
        discard: () => dropDraft(draft),
        reset,
        typedList: (field) => (sent?.ok === false ? (sent.typed[`${field}[]`] ?? []) : []),
        errorOf: (field) => (mended.includes(field) ? undefined : fieldError(field)),
        typed: (field, otherwise = '') => (sent?.ok === false ? (sent.typed[field]?.at(-1) ?? '') : otherwise),
      })}
    </form>
  )
}

/** Fills a form with what was typed before the page was loaded anew. What is typed by now, even before this ran, stays. */
function useDraft(form: RefObject<HTMLFormElement | null>, draft: string): void {
  useEffect(() => {
    const kept = readDraft(draft) ?? {}
    for (const field of form.current?.elements ?? []) {
      // A list is more than fields: what shows it keeps it.
      const text = nameOf(field).endsWith('[]') ? undefined : kept[nameOf(field)]?.at(-1)
      if (text === undefined) continue
      if (field instanceof HTMLSelectElement) field.value = text
      else if (field instanceof HTMLInputElement && field.type === 'radio') field.checked = field.value === text
      else if (isText(field) && field.value === field.defaultValue) field.value = text
    }
  }, [form, draft])
}

function nameOf(field: Element): string {
  return field.getAttribute('name') ?? ''
}

function isVisible(field: Element): boolean {
  return !(field instanceof HTMLInputElement && field.type === 'hidden')
}

function isText(field: Element): field is HTMLInputElement | HTMLTextAreaElement {
  return field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && isVisible(field))
}

/** After a refusal the focus is on the first field that is wrong, else on the summary. The bar over the page speaks itself. */
function useFocusOnRefusal(
  form: RefObject<HTMLFormElement | null>,
  summary: RefObject<HTMLElement | null>,
  refusal: Refusal | Fault | null,
): void {
  useEffect(() => {
    if (!refusal || isPageStatus(refusal)) return
    const field = fieldOfRefusal(refusal)
    const wrong = [...(form.current?.elements ?? [])].find(
      (element) => isVisible(element) && [field, `${field}[]`].includes(nameOf(element)),
    )
    const target = wrong instanceof HTMLElement ? wrong : summary.current
    target?.focus()
  }, [form, summary, refusal])
}

const used = new Set<string>()

/** The key comes with the page, so that it is there without scripts, and a new one follows each success. */
function useIdempotencyKey(given: string | undefined): [string | undefined, () => void] {
  const [key, setKey] = useState(() => (given && used.has(given) ? newKey() : given))
  const renew = () => {
    if (!key) return
    used.add(key)
    setKey(newKey())
  }
  return [key, renew]
}
