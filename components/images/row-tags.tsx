import { Ellipsis } from '@/components/ui/ellipsis'
import { type Tag, tagText } from '@/lib/images/rules'

/** The tags of an image in its row, on one line. */
export function RowTags({ tags }: { tags: Tag[] }) {
  const all = tags.map(tagText)
  return (
    <Ellipsis text={all.join(', ')} className="text-ink-muted text-xs">
      {(shown) => (
        <span {...shown}>
          {all.map((tag) => (
            <span
              key={tag}
              className="mr-1 inline-block max-w-full truncate rounded-sm bg-surface-muted px-1 align-bottom"
            >
              {tag}
            </span>
          ))}
        </span>
      )}
    </Ellipsis>
  )
}
