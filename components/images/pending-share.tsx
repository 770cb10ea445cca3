'use client'

import { useFormatter, useTranslations } from 'next-intl'
import { ActionForm } from '@/components/shell/action-form'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { acceptShareAction, declineShareAction } from '@/lib/shares/actions'
import type { SharedImage } from '@/lib/shares/schema'

const answers = {
  accept: { action: acceptShareAction, kind: 'text' },
  decline: { action: declineShareAction, kind: 'text-danger' },
} as const

export type Answer = keyof typeof answers

type AnswerProps = { image: SharedImage; onAnswered: (answer: Answer, image: SharedImage) => void }

/** Accept and decline a pending share: two forms, which work without scripts. */
export function AnswerShare({ image, onAnswered }: AnswerProps) {
  return (
    <div className="row-operations">
      {(['accept', 'decline'] as const).map((answer) => (
        <AnswerForm key={answer} answer={answer} image={image} onAnswered={onAnswered} />
      ))}
    </div>
  )
}

function AnswerForm({ answer, image, onAnswered }: AnswerProps & { answer: Answer }) {
  const t = useTranslations('images')
  const { action, kind } = answers[answer]
  return (
    <ActionForm
      name={`${answer} ${image.shareId}`}
      action={action}
      fixed={{ shareId: image.shareId }}
      changes={['shares', 'quotas', 'images']}
      onDone={() => onAnswered(answer, image)}
      className="contents"
    >
      {({ isPending }) => (
        <Button type="submit" kind={kind} isPending={isPending} aria-label={`${t(answer)}, ${image.name}`}>
          {t(answer)}
        </Button>
      )}
    </ActionForm>
  )
}

/** When a pending share expires unanswered, and when a share ends. */
export function ShareEnds({ image: { status, answerBy, until } }: { image: SharedImage }) {
  const t = useTranslations('images')
  const format = useFormatter()
  const at = (moment: string) => format.dateTime(new Date(moment), { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <>
      {status === 'PENDING' && <Badge tone="warn">{t('pending')}</Badge>}
      {/* If the share ends before the answer is due, only its end is shown. */}
      {answerBy && (!until || answerBy < until) && (
        <p className="text-ink-muted text-xs">{t('answerBy', { time: at(answerBy) })}</p>
      )}
      {until && <p className="text-ink-muted text-xs">{t('untilTime', { time: at(until) })}</p>}
    </>
  )
}
