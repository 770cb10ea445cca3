import { createHmac, randomBytes } from 'node:crypto'

// The scheme of https://www.standardwebhooks.com, for which receivers find libraries in every language.

const prefix = 'whsec_'

/** A new secret: 32 random bytes, in base64. */
export function newWebhookSecret(): string {
  return randomBytes(32).toString('base64')
}

/** The secret in the form that receivers' libraries expect. */
export function writtenSecret(secret: string): string {
  return `${prefix}${secret}`
}

/** The headers of a message: its id, which a resend keeps, the time, and the signature over both and the body. */
export function signedHeaders(secret: string, message: { id: string; at: Date; body: string }): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000))
  const signature = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${message.id}.${timestamp}.${message.body}`)
    .digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
}
