import 'server-only'
import type { Transaction } from '@/lib/db/transaction'

export type Jobs = {
  'finish-import': { imageId: string }
  'copy-image': { imageId: string }
  'clean-image': { imageId: string }
  'remove-blob': { blobId: string }
  'discard-staged': { imageId: string }
  'check-disk': { sha256: string }
  'send-mail': { accountId: string }
  'send-webhook': { deliveryId: string }
}

/** Enqueues a job in the transaction, replacing a waiting one of the same kind and payload. Six tries within four minutes. */
export async function addJob<K extends keyof Jobs>(tx: Transaction, kind: K, payload: Jobs[K]): Promise<void> {
  const key = `${kind} ${Object.values(payload).join(' ')}`
  await tx.$queryRaw`
    SELECT id::text FROM graphile_worker.add_job(${kind}, ${JSON.stringify(payload)}::json, job_key => ${key}, max_attempts => 6,
      job_key_mode => 'preserve_run_at')`
}

/** The name of an account's queue for webhooks, which runs one job at a time. The trigger of `Event` builds the same name. */
export function webhookQueue(ownerId: string): string {
  return `webhook:${ownerId}`
}

/** Enqueues a job after a delay, rescheduling a waiting one. `queue`: a queue that runs one job at a time. */
export async function addJobIn<K extends keyof Jobs>(
  tx: Transaction,
  kind: K,
  payload: Jobs[K],
  { seconds, queue = null }: { seconds: number; queue?: string | null },
): Promise<void> {
  const key = `${kind} ${Object.values(payload).join(' ')}`
  await tx.$queryRaw`
    SELECT id::text FROM graphile_worker.add_job(${kind}, ${JSON.stringify(payload)}::json, queue_name => ${queue}::text,
      job_key => ${key}, max_attempts => 6, job_key_mode => 'replace', run_at => clock_timestamp() + ${seconds} * interval '1 second')`
}
