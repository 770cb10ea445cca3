import { nameOfFile } from '@/lib/imports/rules'
import type { Fault, Refusal } from '@/lib/result'

/** What is typed of a file before its upload begins. The first stands there before there is a file. */
export type Draft = {
  key: number
  file: File | null
  name: string
  operatingSystem: string
  /** Typed for this file itself, so what is typed for an earlier one does not change it. */
  isSystemOwn: boolean
  refusal: Refusal | Fault | null
}

let lastKey = 0

export function blankDraft(operatingSystem = ''): Draft {
  return { key: ++lastKey, file: null, name: '', operatingSystem, isSystemOwn: false, refusal: null }
}

/** Files come to the drafts: the first to the one that waits for one, and each with the system of the one before it. */
export function addFiles(drafts: Draft[], files: File[]): Draft[] {
  const all = [...drafts]
  for (const file of files) {
    const waiting = all.findIndex((draft) => draft.file === null)
    const draft = all[waiting] ?? blankDraft(all.at(-1)?.operatingSystem)
    const filled = { ...draft, file, name: draft.name || nameOfFile(file.name) }
    if (waiting >= 0) all[waiting] = filled
    else all.push(filled)
  }
  return all
}

export function changeDraft(drafts: Draft[], key: number, fields: Partial<Draft>): Draft[] {
  return drafts.map((draft) => (draft.key === key ? { ...draft, ...fields } : draft))
}

/** What is on one disk is likely to be on those below it too, until something else is typed there. */
export function setSystem(drafts: Draft[], key: number, operatingSystem: string): Draft[] {
  const from = drafts.findIndex((draft) => draft.key === key)
  return drafts.map((draft, index) => {
    if (index === from) return { ...draft, operatingSystem, isSystemOwn: true }
    return index > from && !draft.isSystemOwn ? { ...draft, operatingSystem } : draft
  })
}

export function removeDraft(drafts: Draft[], key: number): Draft[] {
  const rest = drafts.filter((draft) => draft.key !== key)
  const system = drafts.find((draft) => draft.key === key)?.operatingSystem
  return rest.length > 0 ? rest : [blankDraft(system)]
}
