/** Who is told of an event: its owner's people, its recipient's, or who acted alone. */
export type NoticeRole = 'owner' | 'recipient' | 'actor'

/** An event as far as it decides who is told. */
export type NoticeFacts = { action: string; by: string | null; severe: number }

type Telling = { action: string; role: NoticeRole; when?: (facts: NoticeFacts) => boolean }

const isBySharer = ({ by }: NoticeFacts) => by !== 'recipient'
const isByRecipient = ({ by }: NoticeFacts) => by === 'recipient'

/**
 * The kinds of notices, in the order of the settings, and the events that each tells of. A past notice keeps its word, so a
 * word is never renamed. At most one kind of an event goes to one role.
 */
const tellings = {
  'share.received': [{ action: 'share.create', role: 'recipient' }],
  'share.accepted': [{ action: 'share.accept', role: 'owner' }],
  'share.declined': [{ action: 'share.decline', role: 'owner' }],
  'share.cancelled': [
    { action: 'share.cancel', role: 'recipient', when: isBySharer },
    { action: 'share.cancel', role: 'owner', when: isByRecipient },
  ],
  'share.ending': [
    { action: 'share.ending', role: 'owner' },
    { action: 'share.ending', role: 'recipient' },
  ],
  'share.expired': [
    { action: 'share.expire', role: 'owner' },
    { action: 'share.expire', role: 'recipient' },
    { action: 'share.lapse', role: 'owner' },
    { action: 'share.lapse', role: 'recipient' },
  ],
  'image.findings': [{ action: 'image.findings', role: 'owner', when: ({ severe }) => severe > 0 }],
  'image.deprecated': [{ action: 'image.deprecate', role: 'recipient' }],
  'image.ready': [
    { action: 'image.available', role: 'owner' },
    { action: 'image.copied', role: 'owner' },
    { action: 'image.cleaned', role: 'owner' },
  ],
  'image.failed': [{ action: 'image.fail', role: 'owner' }],
  'session.place': [{ action: 'session.place', role: 'actor' }],
} as const satisfies Record<string, readonly Telling[]>

export type NoticeKind = keyof typeof tellings

const allTellings: Record<NoticeKind, readonly Telling[]> = tellings

/** Whether this version of the console has a kind of this name. */
export function isNoticeKind(word: string): word is NoticeKind {
  return Object.hasOwn(tellings, word)
}

/** All kinds, in the order of the settings. */
export const noticeKinds: readonly NoticeKind[] = Object.keys(tellings).filter(isNoticeKind)

/** A value for each kind. */
export function byKindOf<T>(of: (kind: NoticeKind) => T): Record<NoticeKind, T> {
  return {
    'share.received': of('share.received'),
    'share.accepted': of('share.accepted'),
    'share.declined': of('share.declined'),
    'share.cancelled': of('share.cancelled'),
    'share.ending': of('share.ending'),
    'share.expired': of('share.expired'),
    'image.findings': of('image.findings'),
    'image.deprecated': of('image.deprecated'),
    'image.ready': of('image.ready'),
    'image.failed': of('image.failed'),
    'session.place': of('session.place'),
  }
}

/** Rule 29: who is told of an event, and by which kind. Most events tell nobody. */
export function noticeKindsOf(facts: NoticeFacts): Partial<Record<NoticeRole, NoticeKind>> {
  const told: Partial<Record<NoticeRole, NoticeKind>> = {}
  for (const kind of noticeKinds)
    for (const { action, role, when } of allTellings[kind])
      if (action === facts.action && (when?.(facts) ?? true)) told[role] = kind
  return told
}

/** How long a notice is kept, read or not. */
export const noticeDays = 90

/** How many notices one person has; the oldest go first. */
export const noticesMax = 1_000

/** The bell shows at most this number, and "99+" beyond it. */
export const bellMax = 99

/** The moment before which notices are forgotten. */
export function noticesSince(now: Date): Date {
  return new Date(now.getTime() - noticeDays * 24 * 60 * 60 * 1000)
}

/** Whether a text can be the token of an e-mail's link: 32 bytes in base64url. */
export function isMailToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** How often a person gets an e-mail, at most. What comes in between goes into one. */
export const mailPaces = ['soon', 'hourly', 'daily'] as const
export type MailPace = (typeof mailPaces)[number]

const minutesOfPace: Record<MailPace, number> = { soon: 2, hourly: 60, daily: 1_440 }

/** For how many minutes notices are collected before they are sent. */
export function mailMinutes(pace: MailPace): number {
  return minutesOfPace[pace]
}

/** The pace that collects for so many minutes. */
export function paceOf(minutes: number): MailPace {
  return mailPaces.find((pace) => minutes <= minutesOfPace[pace]) ?? 'daily'
}

/** What the reader of a notice may know of its event. Reasons, paths and who acted stay with their own side. */
const shownDetails = [
  'by',
  'day',
  'until',
  'days',
  'status',
  'critical',
  'high',
  'code',
  'place',
  'note',
  'replacement',
]

/** The details of an event as its notices show them. */
export function noticeDetails(details: unknown): Record<string, string | number> {
  if (typeof details !== 'object' || details === null) return {}
  const isPlain = (entry: [string, unknown]): entry is [string, string | number] =>
    shownDetails.includes(entry[0]) && (typeof entry[1] === 'string' || typeof entry[1] === 'number')
  return Object.fromEntries(Object.entries(details).filter(isPlain))
}

/** The waits after each try of a webhook, in seconds: the eighth and last try comes 24 hours after the first. */
const webhookWaits = [5, 300, 1_800, 7_200, 18_000, 36_000, 23_095] as const

/** How often one notice is sent to a webhook. */
export const webhookTriesMax = webhookWaits.length + 1

/** Seconds until a delivery is looked at again after so many tries; past the last, when it is given up for lost. */
export function webhookWait(tries: number): number {
  return webhookWaits[tries - 1] ?? 60
}

/** How long after its last try a delivery can be sent again by hand. */
export const resendWaitSeconds = 30

/** Why a webhook gave no answer. */
export const deliveryProblems = [
  'NO_TLS',
  'PRIVATE_ADDRESS',
  'REDIRECTED',
  'TIMED_OUT',
  'BAD_CERTIFICATE',
  'UNREACHABLE',
] as const

/** How long an endpoint may take to answer. */
export const webhookPatienceMs = 10_000

/** Whether a delivery has arrived, is tried again, or is given up. */
export function deliveryAfter(tries: number, status: number | null): 'delivered' | 'waiting' | 'failed' {
  if (status !== null && status >= 200 && status < 300) return 'delivered'
  return tries >= webhookTriesMax ? 'failed' : 'waiting'
}

/** Whether an address can be posted to: a URL of http or https without a password and a fragment. Who may use http is the operator's choice. */
export function isWebhookUrl(typed: string): boolean {
  if (!URL.canParse(typed)) return false
  const url = new URL(typed)
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === ''
}

type Told = {
  kind: NoticeKind
  side: 'owner' | 'recipient'
  other: string | null
  image: { name: string } | null
  details: Record<string, string | number>
}

type SentenceKey =
  | Exclude<NoticeKind, 'share.expired' | 'share.ending'>
  | `share.${'offered' | 'givenBack' | 'endingGiven' | 'endingReceived' | 'expiredGiven' | 'expiredReceived'}`

/** The sentence of a notice: its key below `notices.text` of the messages, and its facts. */
export function noticeSentence({ kind, side, other, image, details }: Told): {
  key: SentenceKey
  facts: Record<string, string | number>
} {
  const { critical = 0, high = 0, place = '', days = 1 } = details
  const facts = {
    ...{ other: other ?? '', image: image?.name ?? '', place: String(place) },
    count: Number(critical) + Number(high),
    days: Number(days),
  }
  return { key: sentenceKey(kind, side, details.status === 'PENDING'), facts }
}

function sentenceKey(kind: NoticeKind, side: 'owner' | 'recipient', isPending: boolean): SentenceKey {
  const isOwner = side === 'owner'
  if (kind === 'share.received' && isPending) return 'share.offered'
  if (kind === 'share.cancelled' && isOwner) return 'share.givenBack'
  if (kind === 'share.ending') return isOwner ? 'share.endingGiven' : 'share.endingReceived'
  if (kind === 'share.expired') return isOwner ? 'share.expiredGiven' : 'share.expiredReceived'
  return kind
}
