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

/** The state of a form, for its fields. */
export type FormView<T> = {
  isPending: boolean
  /** The result of the last submit, until the next input. */
  done: T | null
  refusal: Refusal | Fault | null
  /** The error of a field, until the field changes. */
  errorOf: (field: string) => string | undefined
  /** The initial value of a field: the submitted one if the page was rendered again, else the given one. */
  typed: (field: string, otherwise?: string) => string
  /** The same for a field that is a list. */
  typedList: (field: string) => string[]
  /** Clears the refusal. */
  reset: () => void
  /** Clears the draft. */
  discard: () => void
}

type ActionFormProps<T> = {
  /** Distinguishes the drafts of the forms of a tab. */
  name: string
  action: FormAction<T>
  /** Hidden fields. */
  fixed?: Record<string, string>
  /** For forms that create something: a form sent twice acts once. */
  idempotencyKey?: string
  changes: Noun[]
  onDone?: (value: T) => void
  /** The page to open after success, with and without scripts. */
  leadsTo?: Route
  className?: string
  children: (view: FormView<T>) => ReactNode
}

/**
 * A form whose `action` is a server action. Without scripts the browser posts it and the page is rendered again with the
 * answer; with scripts the page stays. Input survives refusals, reloads, an ended session and an update of the console.
 * Passwords are never stored.
 */
export function ActionForm<T>({ name, action, fixed = {}, idempotencyKey, ...props }: ActionFormProps<T>) {
  const form = useRef<HTMLFormElement>(null)
  const summary = useRef<HTMLDivElement>(null)
  const account = usePageAccount()
  const router = useRouter()
  // The answer to a form that was posted without scripts.
  const [sent, formAction] = useActionState<FormAnswer<T> | null, FormData>(action, null)
  const asked = useFormAction(action, { changes: props.changes, isLeaving: props.leadsTo !== undefined })
  const [isTried, setTried] = useState(false)
  const [done, setDone] = useState<T | null>(sent?.ok ? sent.value : null)
  const [mended, setMended] = useState<string[]>([])
  const [key, renewKey] = useIdempotencyKey(idempotencyKey)
  const draft = `${account} ${name}`
  const before = isTried || sent?.ok !== false ? null : sent.refusal
  const refusal = asked.refusal ?? before
  useDraft(form, draft, sent?.ok === false)
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
    // noValidate: the browser's messages are in its own language; ours are under the fields.
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

/**
 * Restores a form's draft. Newer input stays, including input from before hydration and from a post without scripts, and becomes
 * the draft.
 */
function useDraft(form: RefObject<HTMLFormElement | null>, draft: string, wasSent: boolean): void {
  useEffect(() => {
    const kept = wasSent ? null : readDraft(draft)
    const fields = [...(form.current?.elements ?? [])]
    const newer = fields.filter(isChanged)
    const isOther = newer.some((field) => isText(field) && field.value !== kept?.[nameOf(field)]?.at(-1))
    for (const field of fields) {
      const name = nameOf(field)
      // A hidden field belongs to the input that it was saved with.
      if (isOther && field instanceof HTMLElement && field.hidden) continue
      if (field instanceof HTMLInputElement && field.type === 'checkbox') {
        if (kept && !newer.includes(field)) field.checked = kept[name]?.includes(field.value) ?? false
        continue
      }
      // Fields that are lists are restored by the component that shows them.
      const text = name.endsWith('[]') ? undefined : kept?.[name]?.at(-1)
      if (text === undefined || newer.some((other) => nameOf(other) === name)) continue
      if (field instanceof HTMLInputElement && field.type === 'radio') field.checked = field.value === text
      else if (field instanceof HTMLSelectElement || isText(field)) field.value = text
    }
    if ((wasSent || newer.length > 0) && form.current) keepDraft(draft, keepable(new FormData(form.current)))
  }, [form, draft, wasSent])
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

/** Whether a field differs from its value in the rendered page. */
function isChanged(field: Element): boolean {
  if (field instanceof HTMLSelectElement)
    return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.selected === false
  if (!isText(field)) return false
  return field.value !== field.defaultValue || ('checked' in field && field.checked !== field.defaultChecked)
}

/** After a refusal focuses the first wrong field, else the summary. The page status bar announces itself. */
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

/** The key is rendered with the page, so that forms without scripts have one. Each success replaces it. */
function useIdempotencyKey(given: string | undefined): [string | undefined, () => void] {
  const [key, setKey] = useState(() => (given && used.has(given) ? newKey() : given))
  const renew = () => {
    if (!key) return
    used.add(key)
    setKey(newKey())
  }
  return [key, renew]
}
