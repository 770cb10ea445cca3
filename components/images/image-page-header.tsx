import { useTranslations } from 'next-intl'
import { PageHeader } from '@/components/shell/page-header'
import { paths } from '@/lib/paths'

type ImagePageHeaderProps = {
  region: string
  image: { id: string; name: string }
  /** What the page is called. */
  page: string
  /** What the page does. Without it the question below says so, and the title is the image. */
  line?: string
}

/** The header of a page about one image: the way back to it, and which one it is. */
export function ImagePageHeader({ region, image, page, line }: ImagePageHeaderProps) {
  const t = useTranslations('images')
  const id = <span className="font-mono text-xs">{image.id}</span>
  return (
    <PageHeader
      crumbs={[
        { label: t('title'), href: paths.customImages(region) },
        { label: image.name, href: paths.image(region, image.id) },
        { label: page },
      ]}
      title={line ? page : image.name}
      line={
        line ? (
          <>
            <span className="font-medium text-ink">{image.name}</span> {id}
            <br />
            {line}
          </>
        ) : (
          id
        )
      }
    />
  )
}
