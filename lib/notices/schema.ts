import { z } from 'zod'
import { cursor } from '@/lib/fields'
import { isNoticeKind, mailPaces, type NoticeKind } from './rules'

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
  image: { id: string; name: string; isThere: boolean } | null
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
  choices: Record<NoticeKind, { console: boolean; email: boolean; webhook: boolean }>
  pace: (typeof mailPaces)[number]
}
