'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import type { InstanceTypeOffer } from '@/lib/instance-types/schema'
import { changeInstanceTypeAction } from '@/lib/instances/actions'
import type { InstanceDetails } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { TypeTable } from './type-table'
import { useOperationReason } from './use-operations'

type ChangeTypeFormProps = { instance: InstanceDetails; types: InstanceTypeOffer[]; currency: string }

/** Changes the type of a stopped instance. */
export function ChangeTypeForm({ instance, types, currency }: ChangeTypeFormProps) {
  const t = useTranslations('instanceDialog')
  const reason = useOperationReason()('changeType', instance)
  const { region, id, name } = instance
  return (
    <Card title={t('changeType.ask', { name })}>
      <ActionForm
        name={`type ${id}`}
        action={changeInstanceTypeAction}
        fixed={{ region, instanceId: id }}
        changes={['instances']}
        leadsTo={paths.instance(region, id)}
        className="flex max-w-140 flex-col gap-3 p-4 text-sm [overflow-wrap:anywhere]"
      >
        {({ isPending, errorOf, typed }) => (
          <>
            <p>{t('changeType.text')}</p>
            <TypeTable
              types={types.filter((type) => !type.retired || type.id === instance.typeId)}
              currency={currency}
              leastMemoryMib={instance.minMemoryMib ?? 0}
              chosen={typed('typeId', instance.typeId)}
              current={instance.typeId}
              error={errorOf('typeId')}
            />
            <div className="flex flex-wrap gap-2">
              <Button kind="primary" type="submit" isPending={isPending} disabledReason={reason}>
                {t('changeType.confirm')}
              </Button>
              <Link href={paths.instance(region, id)} className={buttonClass('secondary')}>
                {t('close')}
              </Link>
            </div>
            {reason && <p className="text-ink-muted text-xs">{reason}</p>}
          </>
        )}
      </ActionForm>
    </Card>
  )
}
