import 'server-only'
import { db } from '@/lib/db/client'
import { gauge } from '@/lib/metrics'

// Gauges that are computed on request. Only the worker reports them, so that they are reported once, however many
// servers run.

type QueueRow = { kind: string; state: string; jobs: bigint; oldest: number }
type StoreRow = { region: string; state: string; blobs: bigint; bytes: string }

/** Makes the worker report the queue's length and the stores' use. */
export function tellOfQueueAndStores(): void {
  const oldest = gauge('ecs_queue_oldest_seconds', 'For how long the oldest job has been due.', ['kind', 'state'])
  gauge('ecs_queue_jobs', 'Jobs: waiting, running, or failed for good.', ['kind', 'state'], async (jobs) => {
    jobs.reset()
    oldest.reset()
    for (const row of await unlessAway(queueRows)) {
      jobs.set({ kind: row.kind, state: row.state }, Number(row.jobs))
      oldest.set({ kind: row.kind, state: row.state }, row.oldest)
    }
  })
  const blobs = gauge('ecs_store_blobs', 'Contents that the database knows in the store of a region.', [
    'region',
    'state',
  ])
  gauge(
    'ecs_store_bytes',
    'Bytes that the database knows in the store of a region.',
    ['region', 'state'],
    async (bytes) => {
      bytes.reset()
      blobs.reset()
      for (const row of await unlessAway(storeRows)) {
        bytes.set({ region: row.region, state: row.state }, Number(row.bytes))
        blobs.set({ region: row.region, state: row.state }, Number(row.blobs))
      }
    },
  )
}

async function queueRows(): Promise<QueueRow[]> {
  return await db().$queryRaw<QueueRow[]>`
    SELECT task_identifier AS kind, count(*) AS jobs,
      CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'failed' ELSE 'waiting' END AS state,
      greatest(extract(epoch FROM now() - min(run_at)), 0)::float8 AS oldest
    FROM graphile_worker.jobs GROUP BY 1, 3`
}

async function storeRows(): Promise<StoreRow[]> {
  return await db().$queryRaw<StoreRow[]>`
    SELECT "regionId" AS region, state::text AS state, count(*) AS blobs, sum(size)::text AS bytes FROM "Blob" GROUP BY 1, 2`
}

async function unlessAway<T>(rows: () => Promise<T[]>): Promise<T[]> {
  return await rows().catch(() => [])
}
