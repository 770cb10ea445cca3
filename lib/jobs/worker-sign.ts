import 'server-only'
import type { PrismaClient } from '@/lib/db/generated/client'

/** By this name the database knows the connections of a worker. */
export const workerName = 'open-ecs-console worker'

/**
 * Whether a worker has polled the queue recently. It polls every two seconds, and PostgreSQL records when each
 * connection was last used, so no heartbeat table is needed. False if the queue has no tables.
 */
export async function isWorkerAlive(client: PrismaClient): Promise<boolean> {
  // Other roles do not see the time; then an open connection has to suffice.
  const [found] = await client.$queryRaw<{ isAlive: boolean }[]>`
    SELECT to_regclass('graphile_worker._private_jobs') IS NOT NULL AND EXISTS (
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = ${workerName}
        AND coalesce(state_change, now()) > now() - interval '30 seconds') AS "isAlive"`
  return found?.isAlive === true
}
