'use client'

import { useLocale, useTranslations } from 'next-intl'
import {
  type Dispatch,
  type DragEvent,
  type FormEvent,
  type RefObject,
  type SetStateAction,
  useRef,
  useState,
} from 'react'
import { RefusalNotice } from '@/components/shell/refusal-notice'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Notice } from '@/components/ui/notice'
import { useHasScripts } from '@/components/ui/use-has-scripts'
import { formatBytes } from '@/lib/format'
import { asKnown } from '@/lib/images/rules'
import { isPageStatus } from '@/lib/page-status'
import type { Fault, Refusal } from '@/lib/result'
import { createUpload } from '@/lib/uploads/create'
import { runUpload } from '@/lib/uploads/running'
import { DraftFields } from './draft-fields'
import { addFiles, changeDraft, type Draft, type Drafts, removeDraft } from './drafts'
import { FileField } from './file-field'
import { SystemField } from './system-field'

type ImportFormProps = {
  region: string
  sizeMax: number
  chunkBytes: number
  form: Drafts
  setForm: Dispatch<SetStateAction<Drafts>>
  /** Suggested operating systems: those of the account's images. */
  systems: string[]
  /** Resumes an unfinished upload with this file, and returns whether there was one. */
  onResume: (file: File) => boolean
}

/** Takes files and starts their uploads. Refused files stay in the form with the reason. */
export function ImportForm({ region, sizeMax, chunkBytes, form, setForm, systems, onResume }: ImportFormProps) {
  const t = useTranslations('import')
  const locale = useLocale()
  const element = useRef<HTMLFormElement>(null)
  // Disabled until hydration: the browser would send the form as a GET.
  const isAlive = useHasScripts()
  const [fileError, setFileError] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<Refusal | Fault | null>(null)
  const [isPending, setPending] = useState(false)
  const drop = useDrop(choose)

  function choose(files: File[]) {
    const wrong = files.find((file) => file.size === 0 || file.size > sizeMax)
    const facts = {
      file: wrong?.name ?? '',
      size: formatBytes(wrong?.size ?? 0, locale),
      max: formatBytes(sizeMax, locale),
    }
    setFileError(wrong ? t(wrong.size === 0 ? 'emptyFile' : 'largeFile', facts) : null)
    const fit = files.filter((file) => file.size > 0 && file.size <= sizeMax && !onResume(file))
    if (fit.length > 0) setForm((now) => addFiles(now, fit))
  }

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (isPending) return
    const ready = form.drafts.filter((draft) => draft.file !== null)
    const operatingSystem = asKnown(form.operatingSystem, systems)
    if (ready.length === 0) {
      setFileError(t('noFile'))
      return focusWrong(element)
    }
    setPending(true)
    setRefusal(null)
    for (const draft of ready) {
      const refused = await begin(draft, { region, operatingSystem, chunkBytes })
      setForm((now) => (refused ? changeDraft(now, draft.key, { refusal: refused }) : removeDraft(now, draft.key)))
      if (refused && refused.code !== 'INVALID_INPUT') {
        setRefusal(refused)
        break
      }
    }
    setPending(false)
    focusWrong(element)
  }

  return (
    <div {...drop.handlers}>
      <Card title={t('formTitle')} line={t('formLine')}>
        <form ref={element} noValidate onSubmit={submit} className="flex flex-col gap-3 p-4">
          <noscript>
            <Notice tone="warn">{t('needsScripts')}</Notice>
          </noscript>
          {refusal && !isPageStatus(refusal) && <RefusalNotice refusal={refusal} />}
          <FileField sizeMax={sizeMax} isOver={drop.isOver} error={fileError} onChoose={choose} />
          {form.drafts.map((draft) => (
            <DraftFields
              key={draft.key}
              draft={draft}
              onName={(name) => setForm((now) => changeDraft(now, draft.key, { name, refusal: null }))}
              onRemove={() => setForm((now) => removeDraft(now, draft.key))}
            />
          ))}
          <SystemField
            value={form.operatingSystem}
            systems={systems}
            isForAll={form.drafts.length > 1}
            refusal={form.drafts.find(({ refusal }) => refusal)?.refusal ?? null}
            onChange={(operatingSystem) => setForm((now) => ({ ...now, operatingSystem }))}
          />
          <div>
            <Button kind="primary" type={isAlive ? 'submit' : 'button'} isPending={isPending}>
              {t('submit')}
            </Button>
          </div>
        </form>
      </Card>
    </div>
  )
}

/** Focuses the first error once it is shown. */
function focusWrong(form: RefObject<HTMLFormElement | null>): void {
  requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
}

type Place = { region: string; operatingSystem: string; chunkBytes: number }

async function begin({ file, name }: Draft, { region, operatingSystem, chunkBytes }: Place) {
  if (!file) return null
  const begun = await createUpload(file, {
    region,
    name,
    operatingSystem,
    fileName: file.name.slice(0, 255),
    size: file.size,
  })
  if (!begun.ok) return begun.refusal
  runUpload({ imageId: begun.value.imageId, region, name, operatingSystem, file, sentBytes: 0, chunkBytes })
  return null
}

/** Whether files are being dragged over an element. dragenter and dragleave also fire for its children, so they are counted. */
function useDrop(onDrop: (files: File[]) => void) {
  const depth = useRef(0)
  const [isOver, setOver] = useState(false)
  const enter = (by: number) => {
    depth.current += by
    setOver(depth.current > 0)
  }
  const handlers = {
    onDragEnter: () => enter(1),
    onDragLeave: () => enter(-1),
    onDragOver: (event: DragEvent) => event.preventDefault(),
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      enter(-depth.current)
      onDrop([...event.dataTransfer.files])
    },
  }
  return { isOver, handlers }
}
