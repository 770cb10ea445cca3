import 'server-only'
import { configuredOrigin, isOwnOrigin } from './own-address.mjs'

/** The address that the operator has set, or null to use the one in the request. */
export function ownAddress(): string | null {
  return configuredOrigin(process.env)
}

/**
 * Whether a form was sent by a page of this console. Browsers send Origin with every POST, so another origin is another
 * site's form, or another address of this server; a client without the header is no browser and has no cookies to abuse.
 */
export function isOwnForm({ headers }: Request): boolean {
  const origin = headers.get('origin')
  return !origin || isOwnOrigin(origin, (name) => headers.get(name), ownAddress())
}

/** Redirects the browser with a GET. The path is relative, so the browser stays on the host by which it knows the console. */
export function seeOther(path: string): Response {
  return new Response(null, { status: 303, headers: { Location: path, 'Cache-Control': 'no-store' } })
}

/**
 * Answers a form that cannot be handled now because too many others are waiting. Programs read the status; in a browser the
 * page redirects at once, with or without scripts, and shows `text` for a moment.
 */
export function notNow(back: string, seconds: number, text: string): Response {
  const href = back.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const page = `<!doctype html><meta charset="utf-8"><title>503</title><meta http-equiv="refresh" content="0; url=${href}">
<p><a href="${href}">${text}</a></p>`
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Retry-After': String(seconds),
    'Cache-Control': 'no-store',
  }
  return new Response(page, { status: 503, headers })
}
