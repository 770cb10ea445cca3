import 'server-only'
import { createTransport } from 'nodemailer'
import { env } from '@/lib/env'

const connectMs = 10_000
const silentMs = 20_000

export type Mail = {
  to: string
  subject: string
  text: string
  html: string
  /** The Message-ID: equal for the same content, so that a mailbox shows a repeated e-mail once. */
  id: string
  unsubscribe: string
}

/** Hands an e-mail to the operator's mail server. Throws if that refuses it; the job then retries. */
export async function sendMail({ to, subject, text, html, id, unsubscribe }: Mail): Promise<void> {
  const { ECS_SMTP_URL: url, ECS_MAIL_FROM: from } = env()
  if (url === undefined || from === undefined) throw new Error('No mail server is set.')
  const transport = createTransport({
    url,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silentMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const headers = {
    'List-Unsubscribe': `<${unsubscribe}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'Auto-Submitted': 'auto-generated',
  }
  await transport.sendMail({ from, to, subject, text, html, headers, messageId: `<${id}>` })
}
