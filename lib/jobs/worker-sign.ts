import 'server-only'
import type { PrismaClient } from '@/lib/db/generated/client'

/** The workers' `application_name`; readiness looks for it in `pg_stat_activity`. */
export const workerName = 'open-ecs-console worker'

/** Whether a worker has polled the queue recently, according to `pg_stat_activity`. False if the queue has no tables. */
export async function isWorkerAlive(client: PrismaClient): Promise<boolean> {
  // Other roles do not see the time; then an open connection has to suffice.
  const [found] = await client.$queryRaw<{ isAlive: boolean }[]>`
    SELECT to_regclass('graphile_worker._private_jobs') IS NOT NULL AND EXISTS (
      SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = ${workerName}
        AND coalesce(state_change, now()) > now() - interval '30 seconds') AS "isAlive"`
  return found?.isAlive === true
}
