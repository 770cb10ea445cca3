import 'server-only'
import { env } from '@/lib/env'
import { currentFields, isToldSeldom, type LogFields, makeLog } from './log-lines.mjs'

/** Structured logs on stdout. They contain no secrets: no request body or header is logged. */
export const log = makeLog()

/** Warns at most once a minute of something that strangers can cause at will. */
export function logSeldom(message: string, facts: object = {}): void {
  if (isToldSeldom(message)) log.warn(facts, message)
}

/** Adds fields to every line that `run` logs. */
export function withLogFields<T>(fields: LogFields, run: () => Promise<T>): Promise<T> {
  return currentFields.run(fields, run)
}

/** The id of the current request, if an action or route has set it. */
export function currentRequest(): string | undefined {
  const fields = currentFields.getStore()
  return fields && 'request' in fields ? fields.request : undefined
}

const sane = /^[A-Za-z0-9._-]{1,64}$/

/** The id of a request: the trusted proxy's, so that both logs can be correlated, else a new one. */
export function requestIdOf(head: Headers): string {
  const given = env().ECS_TRUSTED_PROXIES > 0 ? head.get('x-request-id') : null
  return given && sane.test(given) ? given : newReference()
}

function newReference(): string {
  return crypto.randomUUID().slice(0, 8)
}

/** Logs a fault once and returns its reference, which is all that a person sees. */
export function logFault(error: unknown, where: string, reference = currentRequest() ?? newReference()): string {
  log.error({ err: error, where, reference }, 'fault')
  return reference
}

/** Logs that a dependency is unavailable, with the reason, and returns the reference like `logFault`. */
export function logOutage(error: unknown, where: string, reference = currentRequest() ?? newReference()): string {
  log.warn({ err: error, where, reference }, 'outage')
  return reference
}
