'use client'

import type { PolicyName } from '@/lib/permissions'
import { useRefusalText } from './refusal-text'

/** The sentence that names the missing policy, the same as under a refused form. */
export function NotPermittedText({ policy, region }: { policy: PolicyName | null; region: string | null }) {
  const text = useRefusalText()
  return <p className="max-w-[60ch]">{text({ code: 'NOT_PERMITTED', policy, region })}</p>
}
