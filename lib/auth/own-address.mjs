// The addresses by which browsers know this console. Plain JavaScript, because lib/start/server.mjs needs it before
// Next is loaded.

/**
 * The origin that the operator has set with NEXTAUTH_URL, or null if the browser's and the proxies' headers decide.
 * `npm start` fills NEXTAUTH_URL in if it is missing; that value only says where the server listens.
 */
export function configuredOrigin(env) {
  const { NEXTAUTH_URL, ECS_ADDRESS_IS_GUESSED } = env
  return NEXTAUTH_URL && ECS_ADDRESS_IS_GUESSED !== '1' && URL.canParse(NEXTAUTH_URL)
    ? new URL(NEXTAUTH_URL).origin
    : null
}

/**
 * The hosts that the request may have been sent to: as the server sees it, and as each proxy saw it. Another site's page cannot set
 * any of these headers, so all of them can be trusted.
 */
export function askedHosts(header) {
  const forwarded = (header('x-forwarded-host') ?? '').split(',')
  return [header('host') ?? '', ...forwarded].map((host) => host.trim()).filter(Boolean)
}

/** Whether an Origin header is this console's. A default port equals none, as in browsers: `:443` for https. */
export function isOwnOrigin(origin, header, configured) {
  if (!URL.canParse(origin)) return false
  const asked = new URL(origin)
  if (configured !== null) return asked.origin === configured
  return askedHosts(header).some((host) => {
    const address = `${asked.protocol}//${host}`
    return URL.canParse(address) && new URL(address).host === asked.host
  })
}
