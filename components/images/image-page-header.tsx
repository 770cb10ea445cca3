import { useTranslations } from 'next-intl'
import { PageHeader } from '@/components/shell/page-header'
import { paths } from '@/lib/paths'

type ImagePageHeaderProps = {
  region: string
  image: { id: string; name: string }
  /** The title of the page. */
  page: string
  /** What the page does. Without it the title is the image's name, and the confirmation below explains. */
  line?: string
}

/** The header of a page about one image, with a link back to it. */
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
