'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { Field, inputClass } from '@/components/ui/field'
import { retryCleanCopyAction } from '@/lib/clean-copies/actions'
import { retryCopyAction } from '@/lib/copies/actions'
import {
  deleteImageAction,
  protectImageAction,
  purgeImageAction,
  restoreImageAction,
  unprotectImageAction,
} from '@/lib/images/actions'
import { canImage, isFailed } from '@/lib/images/rules'
import type { ImageInstances } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { cancelTransferAction } from '@/lib/transfers/actions'
import { ImageInstancesList } from './image-instances'
import type { ImageTask } from './image-tasks'

const actions = {
  purge: purgeImageAction,
  restore: restoreImageAction,
  protect: protectImageAction,
  unprotect: unprotectImageAction,
  cancelImport: cancelTransferAction,
  cancelCopy: cancelTransferAction,
  retryCopy: retryCopyAction,
  retryClean: retryCleanCopyAction,
}

type ImageTaskPageProps = {
  task: ImageTask
  region: string
  image: { id: string; name: string; state: string; recipients: string[] }
  usedBy: ImageInstances
  recycleDays: number
}

/** The confirmation as a page, for browsers without scripts. */
export function ImageTaskPage({ task, ...props }: ImageTaskPageProps) {
  return task === 'delete' ? <DeleteForm {...props} /> : <TaskForm {...props} task={task} />
}

type TaskFormProps = Omit<ImageTaskPageProps, 'task'>

function TaskForm({ task, region, image, usedBy }: TaskFormProps & { task: keyof typeof actions }) {
  const t = useTranslations('taskDialog')
  const stays = task !== 'purge' && task !== 'cancelImport' && task !== 'cancelCopy'
  const page = paths.image(region, image.id)
  return (
    <Card title={stays ? t(`${task}.ask`, { image: image.name }) : t(`${task}.title`, { image: image.name })}>
      <ActionForm
        name={`${task} ${image.id}`}
        action={actions[task]}
        fixed={{ region, imageId: image.id }}
        changes={['images', 'quotas']}
        leadsTo={stays ? page : paths.customImages(region)}
        className="flex flex-col gap-3 p-4 text-sm"
      >
        {({ isPending }) => (
          <>
            {!stays && <p>{t(`${task}.text`)}</p>}
            {task === 'purge' && <ImageInstancesList usedBy={usedBy} />}
            <div className="flex flex-wrap gap-2">
              <Button kind={stays ? 'primary' : 'danger'} type="submit" isPending={isPending}>
                {t(`${task}.confirm`)}
              </Button>
              <Link href={page} className={buttonClass('secondary')}>
                {stays ? t('close') : t(`${task}.keep`)}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}

function DeleteForm({ region, image, usedBy, recycleDays }: TaskFormProps) {
  const t = useTranslations('deleteDialog')
  const { recipients } = image
  const isShared = recipients.length > 0
  const isBinned = recycleDays > 0 && canImage('bin', image.state)
  return (
    <Card title={isShared ? t('sharedTitle', { image: image.name }) : t('title', { image: image.name })}>
      <ActionForm
        name={`delete ${image.id}`}
        action={deleteImageAction}
        fixed={{ region, imageId: image.id, cancelShares: isShared ? 'yes' : 'no' }}
        changes={['images', 'shares', 'quotas']}
        leadsTo={paths.customImages(region)}
        className="flex max-w-140 flex-col gap-3 p-4 text-sm"
      >
        {({ isPending, errorOf, typed }) => (
          <>
            <p>
              {isFailed(image.state) ? t('failed') : isBinned ? t('text', { days: recycleDays }) : t('textForGood')}
            </p>
            {canImage('bin', image.state) && <p>{t('instances')}</p>}
            <ImageInstancesList usedBy={usedBy} />
            {isShared && (
              <>
                <p>{t('sharedText', { count: recipients.length })}</p>
                <ul className="list-disc pl-5">
                  {recipients.map((username) => (
                    <li key={username}>{username}</li>
                  ))}
                </ul>
                <Field id="typed-name" label={t('typeName')} hint={image.name} error={errorOf('typedName')}>
                  {(control) => (
                    <input
                      {...control}
                      name="typedName"
                      defaultValue={typed('typedName')}
                      autoComplete="off"
                      className={inputClass}
                    />
                  )}
                </Field>
              </>
            )}
            <div className="flex flex-wrap gap-2">
              <Button kind="danger" type="submit" isPending={isPending}>
                {isShared ? t('confirmShared') : t('confirm')}
              </Button>
              <Link href={paths.image(region, image.id)} className={buttonClass('secondary')}>
                {t('keep')}
              </Link>
            </div>
          </>
        )}
      </ActionForm>
    </Card>
  )
}
