import 'server-only'
import { AsyncLocalStorage } from 'node:async_hooks'
import pino from 'pino'
import { env } from '@/lib/env'

/** What every line says that is logged on behalf of a request or a job. */
export type LogFields = { request: string } | { job: string; kind: string }

// A bundle may hold this module more than once; what a line belongs to must not depend on that.
const kept = globalThis as typeof globalThis & { ecsLogFields?: AsyncLocalStorage<LogFields> }
kept.ecsLogFields ??= new AsyncLocalStorage()
const current = kept.ecsLogFields

/** Structured logs on stdout. Secrets never reach it: nothing logs a request body or a header. */
export const log = pino({
  level: process.env.LOG_LEVEL ?? 'info',
  base: { service: 'open-ecs-console' },
  mixin: () => current.getStore() ?? {},
})

/** Has every line that `run` logs say what it belongs to. */
export function withLogFields<T>(fields: LogFields, run: () => Promise<T>): Promise<T> {
  return current.run(fields, run)
}

/** The id of the request that is being answered, where one of the seams has begun it. */
export function currentRequest(): string | undefined {
  const fields = current.getStore()
  return fields && 'request' in fields ? fields.request : undefined
}

const sane = /^[A-Za-z0-9._-]{1,64}$/

/** The id of a request: what a trusted proxy calls it, so that its log and ours can be read together, else one of our own. */
export function requestIdOf(head: Headers): string {
  const given = env().ECS_TRUSTED_PROXIES > 0 ? head.get('x-request-id') : null
  return given && sane.test(given) ? given : newReference()
}

/** Something to find a request or a fault by: short enough to be read out. */
function newReference(): string {
  return crypto.randomUUID().slice(0, 8)
}

/** Logs a fault once and returns the reference under which the log has it; the reference is all that a person sees. */
export function logFault(error: unknown, where: string, reference = currentRequest() ?? newReference()): string {
  log.error({ err: error, where, reference }, 'fault')
  return reference
}
