import { z } from 'zod'
import { cursor, text } from '@/lib/fields'
import { isNoticeKind, isWebhookUrl, mailPaces, type NoticeKind } from './rules'

/** A page of notices, from its URL. */
export const noticeParams = z.object({
  show: z.enum(['all', 'unread']).catch('all'),
  after: cursor,
  before: cursor,
})
export type NoticeParams = z.infer<typeof noticeParams>

export const unreadParams = z.object({})

const noticeId = z.string().regex(/^[1-9]\d{0,17}$/, 'invalid')

/** Marks one notice as read, or all up to one: later ones have not been seen. */
export const markReadInput = z.union([z.object({ id: noticeId }), z.object({ upTo: noticeId })])
export type MarkReadInput = z.infer<typeof markReadInput>

const kinds = z.array(z.string().refine(isNoticeKind, 'invalid')).max(64, 'too-many').default([])

/** A person's channels: the kinds of notices for each. Kinds that are not listed do not use that channel. */
export const choicesInput = z.object({
  console: kinds,
  email: kinds,
  webhook: kinds,
  pace: z.enum(mailPaces).default('soon'),
  locale: z.enum(['en', 'zh']).default('en'),
})
export type ChoicesInput = z.infer<typeof choicesInput>

/** A URL that can be posted to. Its address is checked each time something is sent. */
export const webhookInput = z.object({
  url: text(1_000)
    .transform((typed) => typed.trim())
    .pipe(z.string().min(1, 'required').refine(isWebhookUrl, 'format')),
})
export type WebhookInput = z.infer<typeof webhookInput>

export const resendInput = z.object({ deliveryId: noticeId })
export type ResendInput = z.infer<typeof resendInput>

/** One delivery to a webhook. `answer`: the status of the last answer, or a code for why there was none. */
export type DeliveryItem = {
  id: string
  kind: NoticeKind
  at: string
  state: 'waiting' | 'delivered' | 'failed'
  tries: number
  answer: string | null
  dueAt: string | null
}

/** The webhook of a master account, null if it has none, with its newest deliveries first. */
export type WebhookPage = { webhook: { url: string; secret: string } | null; deliveries: DeliveryItem[] }

/**
 * One notice for its reader. Names come from the event, because their rows may be gone; who of the other side acted is
 * not revealed. `side`: the reader's side of the event.
 */
export type NoticeItem = {
  id: string
  at: string
  kind: NoticeKind
  isRead: boolean
  side: 'owner' | 'recipient'
  /** The master account of the other side; null if there is none. */
  other: string | null
  regionId: string | null
  /** `id` is null if the reader cannot open the image: it is gone, or not, not yet or no longer shared with the reader. */
  image: { id: string | null; name: string } | null
  details: Record<string, string | number>
}

export type NoticeList = { items: NoticeItem[]; next: string | null; prev: string | null }

/** `isMore`: there are more than the bell counts. */
export type UnreadCount = { unread: number; isMore: boolean }

/** A channel of notices. */
export type NoticeWay = 'console' | 'email' | 'webhook'

/** The settings of one person. `ways`: the offered channels. */
export type NoticeChoices = {
  ways: NoticeWay[]
  email: string
  isMaster: boolean
  choices: Record<NoticeKind, { console: boolean; email: boolean; webhook: boolean }>
  pace: (typeof mailPaces)[number]
}
