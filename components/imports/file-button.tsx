'use client'

import { type ButtonKind, buttonClass } from '@/components/ui/button-class'

type FileButtonProps = {
  id: string
  label: string
  /** The file's purpose, for screen readers that announce the button alone. */
  name: string
  kind: ButtonKind
  onChoose: (file: File) => void
}

/** A button that opens the file picker. The file input covers it, so that it works natively. */
export function FileButton({ id, label, name, kind, onChoose }: FileButtonProps) {
  return (
    <span className="relative inline-flex">
      <input
        id={id}
        type="file"
        aria-label={`${label}, ${name}`}
        onChange={(event) => {
          const file = event.target.files?.[0]
          // Cleared, so that choosing the same file again fires a change.
          event.target.value = ''
          if (file) onChoose(file)
        }}
        className="peer absolute inset-0 size-full cursor-pointer opacity-0"
      />
      <label
        htmlFor={id}
        aria-hidden
        className={`${buttonClass(kind)} cursor-pointer peer-focus-visible:outline-2 peer-focus-visible:outline-focus peer-focus-visible:outline-offset-2`}
      >
        {label}
      </label>
    </span>
  )
}
