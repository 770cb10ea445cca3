import 'server-only'
import type { PrismaClient } from '@/lib/db/generated/client'

/** By this name the database knows the connections of a worker. */
export const workerName = 'open-ecs-console worker'

/**
 * Whether a worker has asked the queue for work lately. It asks every two seconds, and the database keeps when each of its
 * connections was last used, so no table of heartbeats is needed. Also false where the queue has no tables.
 */
export async function isWorkerAlive(client: PrismaClient): Promise<boolean> {
  // The time is hidden from another role; then that the connection is there has to do.
  const [found] = await client.$queryRaw<{ isAlive: boolean }[]>`
    SELECT to_regclass('graphile_worker._private_jobs') IS NOT NULL AND EXISTS (
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = ${workerName}
        AND coalesce(state_change, now()) > now() - interval '30 seconds') AS "isAlive"`
  return found?.isAlive === true
}
