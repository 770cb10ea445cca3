'use client'

import type { Route } from 'next'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { Button } from '@/components/ui/button'

type VerifyButtonProps = { action: Route; kept: Record<string, string | undefined> }

/** Leads to the same page with the outcome above it. A long trail takes a while, which the button shows. */
export function VerifyButton({ action, kept }: VerifyButtonProps) {
  const t = useTranslations('audit')
  const [isPending, setPending] = useState(false)
  return (
    <form action={action} className="contents" onSubmit={() => setPending(true)}>
      {Object.entries(kept).map(
        ([name, value]) => value && <input key={name} type="hidden" name={name} value={value} />,
      )}
      <input type="hidden" name="verify" value="now" />
      <Button kind="secondary" type="submit" isPending={isPending}>
        {isPending ? t('verifying') : t('verify')}
      </Button>
    </form>
  )
}
