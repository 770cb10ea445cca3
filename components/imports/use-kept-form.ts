'use client'

import { type Dispatch, type SetStateAction, useEffect, useEffectEvent, useState } from 'react'
import { usePageAccount } from '@/components/shell/page-account'
import { dropDraft, keepDraft, readDraft } from '@/lib/drafts'
import { changeDraft, type Drafts } from './drafts'

/**
 * Keeps the form over a reload, including input from before the script loaded. Browsers do not restore files, so those
 * must be chosen again.
 */
export function useKeptForm(region: string, form: Drafts, setForm: Dispatch<SetStateAction<Drafts>>): void {
  const draft = `${usePageAccount()} import ${region}`
  const [isRestored, setRestored] = useState(false)
  const first = form.drafts[0]
  const restore = useEffectEvent(() => {
    const kept = readDraft(draft)
    const name = typedIn(`name-${first?.key}`) || first?.name || (kept?.name?.[0] ?? '')
    const operatingSystem = typedIn('operating-system') || form.operatingSystem || (kept?.operatingSystem?.[0] ?? '')
    if (first) setForm((now) => ({ ...changeDraft(now, first.key, { name }), operatingSystem }))
    setRestored(true)
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: restores once for each draft name.
  useEffect(() => restore(), [draft])
  const name = first?.name ?? ''
  const { operatingSystem } = form
  useEffect(() => {
    if (!isRestored) return
    if (name || operatingSystem) keepDraft(draft, { name: [name], operatingSystem: [operatingSystem] })
    else dropDraft(draft)
  }, [draft, isRestored, name, operatingSystem])
}

function typedIn(id: string): string {
  const field = document.getElementById(id)
  return field instanceof HTMLInputElement ? field.value : ''
}
