import { Ellipsis } from '@/components/ui/ellipsis'

/** The operating system under an image's name, in a table without room for its column. */
export function OperatingSystemBelow({ name }: { name: string }) {
  return <Ellipsis text={name} className="table-narrow text-ink-muted text-xs" />
}

/** The operating system in its column. Beside all operations the column is only as wide as common names. */
export function OperatingSystem({ name }: { name: string }) {
  return (
    <Ellipsis
      text={name}
      className="@min-[794px]/table-room:max-w-29 @min-[1140px]/table-room:max-w-48 @min-[1220px]/table-room:max-w-56"
    />
  )
}
