import 'server-only'
import { createFormatter, createTranslator } from 'use-intl/core'
import { env } from '@/lib/env'
import en from '@/lib/messages/en.json'
import { pickLocale } from '@/lib/messages/locales'
import zh from '@/lib/messages/zh.json'
import { type DueMail, findDueMail } from '@/lib/notices/reads'
import { noticeSentence } from '@/lib/notices/rules'
import { settleMail } from '@/lib/notices/writes'
import { sendMail } from '@/lib/outbound/mail'
import { paths } from '@/lib/paths'

const messages = { en, zh }

/** Sends the pending notices as one e-mail; after a worker's death again, with the same id. Throws if the server does not accept it. */
export async function sendDueMail(accountId: string): Promise<void> {
  const { ids, mail } = await findDueMail(accountId)
  if (mail && env().ECS_SMTP_URL !== undefined) await send(accountId, mail)
  await settleMail(ids)
}

async function send(accountId: string, due: DueMail): Promise<void> {
  const origin = new URL(env().NEXTAUTH_URL ?? 'http://127.0.0.1:3000').origin
  const unsubscribe = `${origin}${paths.api.unsubscribe(due.token)}`
  const id = `notices.${accountId}.${due.last}@${new URL(origin).hostname}`
  await sendMail({ to: due.email, id, unsubscribe, ...writeMail(due, origin) })
}

export function writeMail(due: DueMail, origin: string): { subject: string; text: string; html: string } {
  const locale = pickLocale(due.locale, null)
  const timeZone = env().ECS_TIME_ZONE
  const t = createTranslator({ locale, messages: messages[locale], timeZone })
  const format = createFormatter({ locale, timeZone })
  const timeOf = (at: string) => format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
  const lines = due.notices.map((notice) => {
    const { key, facts } = noticeSentence(notice)
    const note = typeof notice.details.note === 'string' ? notice.details.note : ''
    return { sentence: t(`notices.text.${key}`, facts), at: timeOf(notice.at), note }
  })
  const more = due.total - lines.length
  const [only] = lines
  const subject = due.total === 1 && only ? only.sentence : t('mail.subject', { count: due.total })
  const links = [
    { label: t('mail.open'), href: `${origin}${paths.notices()}` },
    { label: t('mail.settings'), href: `${origin}${paths.noticeSettings()}` },
    { label: t('mail.unsubscribe'), href: `${origin}${paths.unsubscribe(due.token)}` },
  ]
  const greeting = t('mail.greeting', { username: due.username })
  const rest = more > 0 ? [t('mail.more', { count: more })] : []
  const texts = lines.map(({ sentence, at, note }) =>
    [`- ${sentence}`, ...(note ? [`  ${note}`] : []), `  ${at}`].join('\n'),
  )
  const text = [greeting, ...texts, ...rest, links.map(({ label, href }) => `${label}: ${href}`).join('\n')].join(
    '\n\n',
  )
  const items = lines.map(
    ({ sentence, at, note }) =>
      `<li>${escapeHtml(sentence)}${note ? `<br><em>${escapeHtml(note)}</em>` : ''}<br><small>${escapeHtml(at)}</small></li>`,
  )
  const anchors = links.map(({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`)
  const html = `<!doctype html><html lang="${locale}"><meta charset="utf-8"><title>${escapeHtml(subject)}</title>
<p>${escapeHtml(greeting)}</p><ul>${items.join('')}</ul>${rest.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}
<p>${anchors.join(' · ')}</p></html>`
  return { subject, text, html }
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
