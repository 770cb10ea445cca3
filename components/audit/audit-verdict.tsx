import { CircleCheck } from 'lucide'
import { useFormatter, useTranslations } from 'next-intl'
import { Icon } from '@/components/ui/icon'
import { Notice } from '@/components/ui/notice'
import { type AuditFault, faultMessage } from '@/lib/audit/rules'
import type { OwnVerification } from '@/lib/audit/schema'

/** The outcome of a verification: all entries are as recorded, or the first fault. */
export function AuditVerdict({ verification }: { verification: OwnVerification }) {
  const t = useTranslations('audit')
  const time = useTime()
  if (verification.status !== 'verified') return <Notice tone="warn">{t(verification.status)}</Notice>
  const { entries, fault, signedAt, foreign } = verification.chain
  if (fault) return <Broken fault={fault} />
  return (
    <div role="status" className="flex items-start gap-2 rounded-control border border-ok bg-ok-soft px-3 py-2 text-sm">
      <Icon of={CircleCheck} className="mt-0.5 size-4 shrink-0 text-ok" />
      <div>
        <p className="font-semibold">{t('verified')}</p>
        <p>
          {t('verifiedText', { entries })} {signedAt ? t('signed', { signedAt: time(signedAt) }) : t('unsigned')}
          {foreign > 0 && ` ${t('foreign', { count: foreign })}`}
        </p>
      </div>
    </div>
  )
}

function Broken({ fault }: { fault: AuditFault }) {
  const t = useTranslations('audit')
  const time = useTime()
  const facts = {
    seq: fault.seq ?? '',
    eventId: fault.eventId ?? '',
    signedAt: fault.signedAt ? time(fault.signedAt) : '',
  }
  return (
    <Notice tone="danger" title={t('broken')}>
      {t(`faults.${faultMessage(fault)}`, facts)} {t('brokenText')}
    </Notice>
  )
}

function useTime(): (at: string) => string {
  const format = useFormatter()
  return (at) => format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
}
