import { identityFields, type PageIdentity } from '@/lib/page-identity'
import type { ActionResult } from '@/lib/result'

export type Typed = Record<string, string[]>

export type FormAnswer<T> = ActionResult<T> & { typed: Typed }

export type FormAction<T> = (before: FormAnswer<T> | null, form: FormData) => Promise<FormAnswer<T>>

export type Action<I, T> = FormAction<T> & ((input: I, page?: PageIdentity) => Promise<ActionResult<T>>)

// The form's own fields start with _, React's with $.
const apart = /^[_$]/
const secret = /password/i

export type ReadForm = {
  input: Record<string, string | string[]>
  page: PageIdentity
  typed: Typed
  next: string | undefined
}

/** Reads a submitted form. Files are left out. */
export function readForm(form: FormData): ReadForm {
  const names = [...new Set(form.keys())].filter((name) => !apart.test(name))
  const texts = (name: string) => form.getAll(name).filter((value) => typeof value === 'string')
  const input = names.map((name): [string, string | string[]] =>
    name.endsWith('[]') ? [name.slice(0, -2), texts(name)] : [name, texts(name).at(-1) ?? ''],
  )
  const typed = names.filter((name) => !secret.test(name)).map((name): [string, string[]] => [name, texts(name)])
  const fieldOf = (name: string) => texts(name).at(-1) || undefined
  return {
    input: Object.fromEntries(input),
    page: {
      account: fieldOf(identityFields.account),
      build: fieldOf(identityFields.build),
      key: fieldOf(identityFields.key),
    },
    typed: Object.fromEntries(typed),
    next: fieldOf(identityFields.next),
  }
}

/** The part of a form that may be kept as a draft: no passwords, and none of the form's own fields. */
export function keepable(form: FormData): Typed {
  return readForm(form).typed
}
