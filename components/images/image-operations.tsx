'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { MenuButton } from '@/components/ui/menu-button'
import type { MenuItem } from '@/components/ui/menu-items'
import { canImage, retryOf } from '@/lib/images/rules'
import type { CustomImage } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import type { ImageTask } from './image-tasks'

type ImageOperationsProps = { region: string; image: CustomImage; onAsk: (task: ImageTask) => void }

/** The operations on an own image in its row. In a narrow table all but the first are under More. */
export function ImageOperations({ region, image, onAsk }: ImageOperationsProps) {
  const t = useTranslations('images')
  const items = useOperations(region, image, onAsk)
  const [first, ...rest] = items
  const name = image.name
  return (
    <div className="row-operations">
      {first && <Operation item={first} name={name} />}
      {rest.length > 1 && (
        <span className="table-narrow">
          <MenuButton
            label={`${t('more')}, ${name}`}
            align="end"
            href={paths.image(region, image.id)}
            className={buttonClass('text')}
            items={rest}
          >
            {t('more')}
          </MenuButton>
        </span>
      )}
      <span className={rest.length > 1 ? 'table-not-narrow contents' : 'contents'}>
        {rest.map((item) => (
          <Operation key={item.label} item={item} name={name} />
        ))}
      </span>
    </div>
  )
}

type OperationItem = Extract<MenuItem, { kind: 'link' | 'action' }>

function Operation({ item, name }: { item: OperationItem; name: string }) {
  const label = `${item.label}, ${name}`
  if (item.kind === 'link')
    return (
      <Link href={item.href} aria-label={label} className={buttonClass('text')}>
        {item.label}
      </Link>
    )
  return (
    <Button
      kind={item.isDangerous ? 'text-danger' : 'text'}
      aria-label={label}
      {...(item.page ? { href: item.page } : {})}
      onClick={item.onSelect}
    >
      {item.label}
    </Button>
  )
}

function useOperations(region: string, image: CustomImage, onAsk: (task: ImageTask) => void): OperationItem[] {
  const t = useTranslations('images')
  const may = useMay()
  const { state } = image
  const ask = (task: ImageTask, label: string, isDangerous = true): OperationItem => ({
    kind: 'action',
    label,
    isDangerous,
    page: paths.imageTask(region, image.id, task),
    onSelect: () => onAsk(task),
  })
  const changes = may('images.change', region)
  if (canImage('restore', state))
    return !changes ? [] : [ask('restore', t('restore'), false), ask('purge', t('deleteForGood'))]
  const items: OperationItem[] = [{ kind: 'link', label: t('sharedImages'), href: paths.shareImage(region, image.id) }]
  if (canImage('copy', state) && may('images.download', region) && may('images.change', null))
    items.push({ kind: 'link', label: t('copyImage'), href: paths.copyImage(region, image.id) })
  if (canImage('createInstance', state) && may('instances.change', region))
    items.push({ kind: 'link', label: t('createInstance'), href: paths.createInstance(region, image.id) })
  if (!changes) return items
  const retry = retryOf(image)
  if (retry) items.push(ask(retry, t('retry'), false))
  if (canImage('delete', state) && !image.isProtected) items.push(ask('delete', t('delete')))
  if (canImage('cancelImport', state)) items.push(ask('cancelImport', t('cancelImport')))
  if (canImage('cancelCopy', state)) items.push(ask('cancelCopy', t('cancelCopy')))
  return items
}
