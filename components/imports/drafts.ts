import { nameOfFile } from '@/lib/imports/rules'
import type { Fault, Refusal } from '@/lib/result'

/** The form data of a file before its upload begins. The first draft exists before there is a file. */
export type Draft = { key: number; file: File | null; name: string; refusal: Refusal | Fault | null }

/** The whole form: its files, and the operating system for all of them. */
export type Drafts = { drafts: Draft[]; operatingSystem: string }

let lastKey = 0

function blankDraft(): Draft {
  return { key: ++lastKey, file: null, name: '', refusal: null }
}

/** An empty form, or one with the name of its first image. */
export function blankForm({ name, operatingSystem } = { name: '', operatingSystem: '' }): Drafts {
  // Key 0 on the server, which serves many, and in the browser, so that hydration matches.
  return { drafts: [{ ...blankDraft(), key: 0, name }], operatingSystem }
}

/** Adds files to the drafts: the first goes to the draft without a file. */
export function addFiles({ drafts, ...rest }: Drafts, files: File[]): Drafts {
  const all = [...drafts]
  for (const file of files) {
    const waiting = all.findIndex((draft) => draft.file === null)
    const draft = all[waiting] ?? blankDraft()
    const filled = { ...draft, file, name: draft.name || nameOfFile(file.name) }
    if (waiting >= 0) all[waiting] = filled
    else all.push(filled)
  }
  return { ...rest, drafts: all }
}

/** Adds a new file for a failed image, with its name, and its operating system if none is typed. */
export function addOther(form: Drafts, failed: { name: string; operatingSystem: string }, file: File): Drafts {
  const { drafts, operatingSystem } = addFiles(form, [file])
  const key = drafts.find((draft) => draft.file === file)?.key ?? 0
  const named = changeDraft({ drafts, operatingSystem }, key, { name: failed.name })
  return { ...named, operatingSystem: operatingSystem || failed.operatingSystem }
}

export function changeDraft({ drafts, ...rest }: Drafts, key: number, fields: Partial<Draft>): Drafts {
  return { ...rest, drafts: drafts.map((draft) => (draft.key === key ? { ...draft, ...fields } : draft)) }
}

/** Removes a draft. At least one remains, and so does the typed operating system. */
export function removeDraft({ drafts, ...rest }: Drafts, key: number): Drafts {
  const left = drafts.filter((draft) => draft.key !== key)
  return { ...rest, drafts: left.length > 0 ? left : [blankDraft()] }
}
