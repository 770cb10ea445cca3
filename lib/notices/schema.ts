import { z } from 'zod'
import { cursor, text } from '@/lib/fields'
import { isNoticeKind, isWebhookUrl, mailPaces, type NoticeKind } from './rules'

/** Which page of the notices, by its URL. */
export const noticeParams = z.object({
  show: z.enum(['all', 'unread']).catch('all'),
  after: cursor,
  before: cursor,
})
export type NoticeParams = z.infer<typeof noticeParams>

export const unreadParams = z.object({})

const noticeId = z.string().regex(/^[1-9]\d{0,17}$/, 'invalid')

/** Marks one notice as read, or all up to one: those that came since nobody has seen. */
export const markReadInput = z.union([z.object({ id: noticeId }), z.object({ upTo: noticeId })])
export type MarkReadInput = z.infer<typeof markReadInput>

const kinds = z.array(z.string().refine(isNoticeKind, 'invalid')).max(64, 'too-many').default([])

/** How one person wants to be told: the kinds of each way. A kind that is not named does not come that way. */
export const choicesInput = z.object({
  console: kinds,
  email: kinds,
  webhook: kinds,
  pace: z.enum(mailPaces).default('soon'),
  locale: z.enum(['en', 'zh']).default('en'),
})
export type ChoicesInput = z.infer<typeof choicesInput>

/** An address that can be posted to. Where it leads is looked at each time that something is sent. */
export const webhookInput = z.object({
  url: text(1_000)
    .transform((typed) => typed.trim())
    .pipe(z.string().min(1, 'required').refine(isWebhookUrl, 'format')),
})
export type WebhookInput = z.infer<typeof webhookInput>

export const resendInput = z.object({ deliveryId: noticeId })
export type ResendInput = z.infer<typeof resendInput>

/** One notice on its way to a webhook. `answer`: the status of the last answer, or a code that says why none came. */
export type DeliveryItem = {
  id: string
  kind: NoticeKind
  at: string
  state: 'waiting' | 'delivered' | 'failed'
  tries: number
  answer: string | null
  dueAt: string | null
}

/** The webhook of a master account: null if it has none. The newest deliveries come first. */
export type WebhookPage = { webhook: { url: string; secret: string } | null; deliveries: DeliveryItem[] }

/**
 * One notice for its reader. The names are those of the event, so they outlive what they name; nothing tells who of the
 * other side acted. `side`: what the reader is of the event.
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
  /** `id` is null where the reader cannot open the image: it is gone, or not shared with the reader, not yet or not any more. */
  image: { id: string | null; name: string } | null
  details: Record<string, string | number>
}

export type NoticeList = { items: NoticeItem[]; next: string | null; prev: string | null }

/** `isMore`: there are more than are counted. */
export type UnreadCount = { unread: number; isMore: boolean }

/** A way that a notice comes. */
export type NoticeWay = 'console' | 'email' | 'webhook'

/** The settings of one person. `ways`: those that are offered. */
export type NoticeChoices = {
  ways: NoticeWay[]
  email: string
  isMaster: boolean
  choices: Record<NoticeKind, { console: boolean; email: boolean; webhook: boolean }>
  pace: (typeof mailPaces)[number]
}
