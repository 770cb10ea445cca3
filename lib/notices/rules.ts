/** Who is notified of an event: the owner's people, the recipient's people, or only the acting person. */
export type NoticeRole = 'owner' | 'recipient' | 'actor'

/** The facts of an event that decide who is notified. */
export type NoticeFacts = { action: string; by: string | null; severe: number }

type Telling = { action: string; role: NoticeRole; when?: (facts: NoticeFacts) => boolean }

const isBySharer = ({ by }: NoticeFacts) => by !== 'recipient'
const isByRecipient = ({ by }: NoticeFacts) => by === 'recipient'

/**
 * The kinds of notices in the order of the settings, and the events that each is for. Past notices keep the name of their kind, so
 * a name is never changed. At most one kind for an event goes to one role.
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

/** Rule 29: the kind of notice for each role of an event. Most events notify nobody. */
export function noticeKindsOf(facts: NoticeFacts): Partial<Record<NoticeRole, NoticeKind>> {
  const told: Partial<Record<NoticeRole, NoticeKind>> = {}
  for (const kind of noticeKinds)
    for (const { action, role, when } of allTellings[kind])
      if (action === facts.action && (when?.(facts) ?? true)) told[role] = kind
  return told
}

/** How long a notice is kept, read or not. */
export const noticeDays = 90

/** The most notices of one person; the oldest are deleted first. */
export const noticesMax = 1_000

/** The bell counts up to this number, and shows "99+" beyond it. */
export const bellMax = 99

/** Notices before this time are deleted. */
export function noticesSince(now: Date): Date {
  return new Date(now.getTime() - noticeDays * 24 * 60 * 60 * 1000)
}

/** Whether a text has the form of an e-mail link's token: 32 bytes in base64url. */
export function isMailToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** The most frequent e-mails that a person gets. Notices in between are collected in one. */
export const mailPaces = ['soon', 'hourly', 'daily'] as const
export type MailPace = (typeof mailPaces)[number]

const minutesOfPace: Record<MailPace, number> = { soon: 2, hourly: 60, daily: 1_440 }

/** For how many minutes notices are collected. */
export function mailMinutes(pace: MailPace): number {
  return minutesOfPace[pace]
}

/** The pace for a number of minutes. */
export function paceOf(minutes: number): MailPace {
  return mailPaces.find((pace) => minutes <= minutesOfPace[pace]) ?? 'daily'
}

/** The details of an event that its notices may show. Reasons, paths and actors stay with their own side. */
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

/** An event's details for its notices. */
export function noticeDetails(details: unknown): Record<string, string | number> {
  if (typeof details !== 'object' || details === null) return {}
  const isPlain = (entry: [string, unknown]): entry is [string, string | number] =>
    shownDetails.includes(entry[0]) && (typeof entry[1] === 'string' || typeof entry[1] === 'number')
  return Object.fromEntries(Object.entries(details).filter(isPlain))
}

/** The waits after each try of a webhook, in seconds: the eighth and last try is 24 hours after the first. */
const webhookWaits = [5, 300, 1_800, 7_200, 18_000, 36_000, 23_095] as const

/** The most tries of one delivery. */
export const webhookTriesMax = webhookWaits.length + 1

/** Seconds until a delivery is due again after this many tries; after the last try, when it counts as lost. */
export function webhookWait(tries: number): number {
  return webhookWaits[tries - 1] ?? 60
}

/** A delivery can be sent again by hand this long after its last try. */
export const resendWaitSeconds = 30

/** Why a webhook's try got no answer. */
export const deliveryProblems = [
  'NO_TLS',
  'PRIVATE_ADDRESS',
  'REDIRECTED',
  'TIMED_OUT',
  'BAD_CERTIFICATE',
  'UNREACHABLE',
] as const

/** The time limit for an endpoint's answer. */
export const webhookPatienceMs = 10_000

/** The state of a delivery after a try: delivered, tried again, or failed. */
export function deliveryAfter(tries: number, status: number | null): 'delivered' | 'waiting' | 'failed' {
  if (status !== null && status >= 200 && status < 300) return 'delivered'
  return tries >= webhookTriesMax ? 'failed' : 'waiting'
}

/** Whether a URL can be a webhook: http or https, without a password or fragment. The operator decides who may use http. */
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

/** The sentence of a notice: its key under `notices.text` in the messages, and its facts. */
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
