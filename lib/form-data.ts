import { identityFields, type PageIdentity } from '@/lib/page-identity'
import type { ActionResult } from '@/lib/result'

/** The fields of a form as they were typed, by name. */
export type Typed = Record<string, string[]>

/** The answer to a form, with the values to fill it with if the page is rendered again. */
export type FormAnswer<T> = ActionResult<T> & { typed: Typed }

/** A server action as the `action` of a form, in the shape that `useActionState` asks for. */
export type FormAction<T> = (before: FormAnswer<T> | null, form: FormData) => Promise<FormAnswer<T>>

/** A server action: called with its input by code, or sent by a form. */
export type Action<I, T> = FormAction<T> & ((input: I, page?: PageIdentity) => Promise<ActionResult<T>>)

// Fields of the form itself begin with _, those that React adds with $.
const apart = /^[_$]/
const secret = /password/i

export type ReadForm = {
  /** The fields by name; a name that ends in [] is a list. */
  input: Record<string, string | string[]>
  page: PageIdentity
  /** The values to fill the form with again, without passwords. */
  typed: Typed
  /** Where to go after a form that was sent without scripts. */
  next: string | undefined
}

/** Reads a submitted form. The schema validates its content; files are left out. */
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

/** The part of a form that may be kept in the tab: no password, and no field that the form adds by itself. */
export function keepable(form: FormData): Typed {
  return readForm(form).typed
}
