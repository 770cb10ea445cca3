import { Ellipsis } from '@/components/ui/ellipsis'

/** The same under the name of an image, in a table that has no room for its column. */
export function OperatingSystemBelow({ name }: { name: string }) {
  return <Ellipsis text={name} className="table-narrow text-ink-muted text-xs" />
}

/** An operating system in its column, which is only as wide as common names are where all operations stand beside it. */
export function OperatingSystem({ name }: { name: string }) {
  return (
    <Ellipsis
      text={name}
      className="@min-[794px]/table-room:max-w-29 @min-[1140px]/table-room:max-w-48 @min-[1220px]/table-room:max-w-56"
    />
  )
}
