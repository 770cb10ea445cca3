import 'server-only'
import pino from 'pino'

/** Structured logs on stdout. Secrets never reach it: nothing logs a request body or a header. */
export const log = pino({ level: process.env.LOG_LEVEL ?? 'info', base: { service: 'open-ecs-console' } })

/** Logs a fault once and returns the reference under which the log has it; the reference is all that a person sees. */
export function logFault(error: unknown, where: string): string {
  const reference = crypto.randomUUID().slice(0, 8)
  log.error({ err: error, where, reference }, 'fault')
  return reference
}
