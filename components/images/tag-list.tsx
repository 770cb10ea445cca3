import Link from 'next/link'
import { type Tag, tagText } from '@/lib/images/rules'
import { paths } from '@/lib/paths'

/** The tags of an own image, each a link to the images that have it. */
export function TagList({ region, tags }: { region: string; tags: Tag[] }) {
  return (
    <ul className="flex flex-wrap gap-1.5">
      {tags.map((tag) => (
        <li key={tag.key} className="max-w-full">
          <Link
            href={paths.customImages(region, { tag: tagText(tag) })}
            className="block rounded-control bg-surface-muted px-1.5 text-accent text-xs leading-5 hover:underline"
          >
            {tagText(tag)}
          </Link>
        </li>
      ))}
    </ul>
  )
}
