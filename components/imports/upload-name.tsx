import type { ReactNode } from 'react'

/** The name of an upload, its file name if different, and its state. */
export function UploadName({ upload, badge }: { upload: { name: string; fileName: string }; badge?: ReactNode }) {
  const { name, fileName } = upload
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-3 gap-y-1">
      <div className="min-w-0 flex-1 basis-40">
        <p className="font-medium [overflow-wrap:anywhere]">{name}</p>
        {fileName !== name && <p className="text-ink-muted text-xs [overflow-wrap:anywhere]">{fileName}</p>}
      </div>
      {badge}
    </div>
  )
}
