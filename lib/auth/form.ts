import 'server-only'

/**
 * Whether a form was sent by a page of this console. Browsers send Origin with every POST, so another origin is another
 * site's form; a client without the header is no browser and has no cookies to abuse.
 */
export function isOwnForm(request: Request): boolean {
  const origin = request.headers.get('origin')
  if (!origin) return true
  if (!URL.canParse(origin)) return false
  const { host } = new URL(origin)
  return host === (request.headers.get('x-forwarded-host') ?? request.headers.get('host'))
}

/** Sends the browser on with a GET. The place is relative, so it stays on the host that the browser knows us by. */
export function seeOther(path: string): Response {
  return new Response(null, { status: 303, headers: { Location: path, 'Cache-Control': 'no-store' } })
}
