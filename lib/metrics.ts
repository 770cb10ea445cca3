import 'server-only'
import { Counter, Gauge, Histogram, register } from 'prom-client'
import { commit, version } from '@/lib/version'

// Metrics in prom-client's default registry: a process loads that package once, so lib/start/metrics.mjs serves what
// the console counts. Labels are codes and names of operations, never ids or usernames.

gauge('ecs_build_info', 'The release and the commit that this process is of; always 1.', ['version', 'commit']).set(
  { version, commit: commit() },
  1,
)

export type Outcome = 'ok' | 'refused' | 'fault'

const requests = counter('ecs_requests_total', 'Actions and reads, by how they ended.', [
  'kind',
  'operation',
  'outcome',
])
const refusals = counter('ecs_refusals_total', 'Refused actions and reads, by the code of the refusal.', [
  'operation',
  'code',
])
const durations = histogram('ecs_request_duration_seconds', 'How long actions and reads took.', ['kind', 'operation'])
const sharesMade = counter('ecs_shares_made_total', 'Shares that were made, one for each recipient.', [])
const sharesCancelled = counter('ecs_shares_cancelled_total', 'Shares that either side has cancelled.', [])
const uploads = gauge('ecs_uploads_active', 'Requests that are bringing bytes of an upload.', [])
const uploadBytes = counter('ecs_upload_bytes_total', 'Bytes that uploads have brought.', [])
const running = gauge('ecs_jobs_running', 'Jobs that this worker is at.', ['kind'])
const tries = counter('ecs_job_tries_total', 'Tries of jobs: done, or failed and perhaps tried again.', [
  'kind',
  'outcome',
])
const ended = counter(
  'ecs_transfers_ended_total',
  'Imports and copies that have ended: available, or the code of the failure.',
  ['kind', 'outcome'],
)
const moved = counter('ecs_transfer_bytes_total', 'Bytes of imports and copies that have come to a good end.', ['kind'])

const checks = counter('ecs_checks_ended_total', 'Checks of disks that have ended, by their verdict.', ['verdict'])
const checkSeconds = histogram('ecs_check_duration_seconds', 'How long checks of disks took.', [])

/** Transfers are a kind of their own, because they take as long as their bytes need. */
export type RequestKind = 'action' | 'read' | 'transfer'
type Request = { kind: RequestKind; operation: string; outcome: Outcome; seconds: number; code: string | null }

/** Counts one action or read. */
export function countRequest({ kind, operation, outcome, seconds, code }: Request): void {
  requests.inc({ kind, operation, outcome })
  durations.observe({ kind, operation }, seconds)
  if (code !== null) refusals.inc({ operation, code })
}

/** Counts the shares that a successful action has created or cancelled. */
export function countShares(operation: string, value: unknown): void {
  if ((operation === 'shareImage' || operation === 'shareImages') && Array.isArray(value)) sharesMade.inc(value.length)
  if (operation === 'cancelShare') sharesCancelled.inc()
  if (operation === 'deleteImage') sharesCancelled.inc(cancelledWith(value))
}

function cancelledWith(value: unknown): number {
  const isCounted = typeof value === 'object' && value !== null && 'cancelledShares' in value
  return isCounted && typeof value.cancelledShares === 'number' ? value.cancelledShares : 0
}

/** Counts an upload request; call `received` with its bytes, and `end` at its end. */
export function countUpload(): { received(bytes: number): void; end(): void } {
  uploads.inc()
  return { received: (bytes) => uploadBytes.inc(bytes), end: () => uploads.dec() }
}

/** Counts one try of a job. */
export async function countJob<T>(kind: string, run: () => Promise<T>): Promise<T> {
  running.inc({ kind })
  try {
    const value = await run()
    tries.inc({ kind, outcome: 'done' })
    return value
  } catch (error) {
    tries.inc({ kind, outcome: 'failed' })
    throw error
  } finally {
    running.dec({ kind })
  }
}

/** Counts a finished import or copy and its bytes. */
export function countTransfer(kind: string, outcome: string, bytes: number): void {
  ended.inc({ kind, outcome })
  moved.inc({ kind }, bytes)
}

/** Counts a finished check of a disk. */
export function countCheck(verdict: string, seconds: number): void {
  checks.inc({ verdict })
  if (verdict !== 'failed') checkSeconds.observe(seconds)
}

// The development server reloads this module after each change, and a bundle may contain it twice, but the registry accepts
// a name only once.
function counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
  const known = register.getSingleMetric(name)
  return known instanceof Counter ? known : new Counter({ name, help, labelNames })
}

function histogram<L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> {
  const known = register.getSingleMetric(name)
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  return known instanceof Histogram ? known : new Histogram({ name, help, labelNames, buckets })
}

/** A gauge that `collect` sets on each scrape. */
export function gauge<L extends string>(
  name: string,
  help: string,
  labelNames: L[],
  collect?: (gauge: Gauge<L>) => Promise<void>,
): Gauge<L> {
  const known = register.getSingleMetric(name)
  if (known instanceof Gauge) return known
  const made: Gauge<L> = new Gauge({ name, help, labelNames, ...(collect ? { collect: () => collect(made) } : {}) })
  return made
}
