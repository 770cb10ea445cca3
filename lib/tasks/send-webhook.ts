import 'server-only'
import { env } from '@/lib/env'
import { webhookPatienceMs } from '@/lib/notices/rules'
import { claimDelivery, settleDelivery } from '@/lib/notices/writes-webhook'
import { post } from '@/lib/outbound/post'
import { signedHeaders } from '@/lib/outbound/signature'

/** One try of a delivery. The job never fails: the delivery's row schedules the next try. */
export async function sendWebhook(deliveryId: string): Promise<void> {
  const claimed = await claimDelivery(deliveryId)
  if (!claimed) return
  const { url, secret, tries, body } = claimed
  const headers = signedHeaders(secret, { id: `msg_${deliveryId}`, at: new Date(), body })
  const isPrivateAllowed = env().ECS_WEBHOOK_PRIVATE === 'allow'
  const answer = await post({ url, headers, body, isPrivateAllowed, patienceMs: webhookPatienceMs })
  const status = 'status' in answer ? answer.status : null
  await settleDelivery(deliveryId, {
    tries,
    status,
    answer: 'status' in answer ? String(answer.status) : answer.problem,
  })
}
