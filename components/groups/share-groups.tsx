import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { membersWith } from '@/lib/groups/rules'
import type { Group } from '@/lib/groups/schema'
import { paths } from '@/lib/paths'
import type { ImageShares } from '@/lib/shares/schema'

type ShareGroupsProps = {
  region: string
  shares: ImageShares
  groups: Group[]
  /** Fills the form on this page; without scripts a link opens it filled. */
  onFill: (usernames: string[]) => void
}

/** How many members of each group have the image, and a link that fills the form with the others; sending it shares. */
export function ShareGroups({ region, shares, groups, onFill }: ShareGroupsProps) {
  const t = useTranslations('groups')
  const canManage = useMay()('groups.manage', null)
  if (groups.length === 0 && !canManage) return null
  const manage = canManage && (
    <Link href={paths.groups()} className={buttonClass('secondary')}>
      {t('manage')}
    </Link>
  )
  return (
    <Card title={t('title')} line={t('shareLine')} action={manage}>
      <ul className="divide-y divide-line text-sm">
        {groups.map(({ id, name, usernames }) => {
          const { having, lacking } = membersWith(usernames, shares.shares)
          const fill = t(having.length > 0 ? 'bringUpToDate' : 'fill')
          return (
            <li key={id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
              <div className="min-w-0 flex-1 basis-40 [overflow-wrap:anywhere]">
                <p className="font-medium">{name}</p>
                <p className="text-ink-muted text-xs">
                  {t('having', { having: having.length, all: usernames.length })}
                  {lacking.length > 0 && ` ${t('lacking', { usernames: lacking.join(', ') })}`}
                </p>
              </div>
              {lacking.length > 0 && (
                <Link
                  href={paths.shareImage(region, shares.image.id, id)}
                  onNavigate={(event) => {
                    event.preventDefault()
                    onFill([...lacking])
                  }}
                  aria-label={`${fill}, ${name}`}
                  className={buttonClass('secondary')}
                >
                  {fill}
                </Link>
              )}
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
