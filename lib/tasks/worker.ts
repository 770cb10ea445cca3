import 'server-only'
import { type JobHelpers, Logger, run, type Task, type Runner as WorkerRunner } from 'graphile-worker'
import pg from 'pg'
import { z } from 'zod'
import { forgetUnknownLookups } from '@/lib/accounts/writes-look-up'
import { checkpointEveryMs } from '@/lib/audit/rules'
import { makeCheckpoints } from '@/lib/audit/writes'
import { foldRefusals } from '@/lib/audit/writes-refused'
import { findCurrencyConflict } from '@/lib/billing/reads'
import { meterAll } from '@/lib/billing/writes'
import { clockSkewSeconds } from '@/lib/clock-skew'
import { forgetIdempotencyKeys } from '@/lib/db/once'
import { findDiskTool } from '@/lib/disks/convert'
import { env } from '@/lib/env'
import { seedInstanceTypes } from '@/lib/instance-types/writes'
import { tellOfQueueAndStores } from '@/lib/jobs/gauges'
import type { Jobs } from '@/lib/jobs/queue'
import { workerName } from '@/lib/jobs/worker-sign'
import { log, withLogFields } from '@/lib/log'
import { logConsole } from '@/lib/log-lines.mjs'
import { countJob, countTransfer } from '@/lib/metrics'
import { tellOfFullPlaces } from '@/lib/nearly-full'
import { forgetNotices, requeueMail } from '@/lib/notices/writes'
import { requeueDeliveries, unlockDeliveries } from '@/lib/notices/writes-webhook'
import { forgetExpiredSessions } from '@/lib/sessions/writes'
import { endSharesOver } from '@/lib/shares/writes-end'
import { tellEndingShares } from '@/lib/shares/writes-ending'
import { discardStaged } from '@/lib/stores/staging'
import { findEnd } from '@/lib/transfers/reads'
import { transferKinds } from '@/lib/transfers/rules'
import { commit, version } from '@/lib/version'
import { checkJob } from './check'
import { runHost } from './host'
import { removeBlob } from './remove-blob'
import { sendDueMail } from './send-mail'
import { sendWebhook } from './send-webhook'
import { queueNeverChecked, sweepChecks } from './sweep-checks'
import { sweepImages } from './sweep-images'
import { transferJob } from './transfer'

// Jobs and periodic tasks. The supervisor of `npm start` runs a worker beside the server; more may run on other hosts with the same
// database and stores.

const sweepMs = 15_000
const noticesForgottenEveryMs = 60 * 60 * 1000
const ofImage = z.object({ imageId: z.string() })
const ofContent = z.object({ sha256: z.string() })
const ofBlob = z.object({ blobId: z.string() })
const ofAccount = z.object({ accountId: z.string() })
const ofDelivery = z.object({ deliveryId: z.string() })

const isLastTry = ({ job }: JobHelpers) => job.attempts >= job.max_attempts

const transfer: Task = async (payload, helpers) => await transferJob(ofImage.parse(payload), isLastTry(helpers))

const tasks: Record<keyof Jobs, Task> = {
  'finish-import': transfer,
  'copy-image': transfer,
  'clean-image': transfer,
  'remove-blob': async (payload) => await removeBlob(ofBlob.parse(payload)),
  'discard-staged': async (payload) => await discardStaged(ofImage.parse(payload).imageId),
  'check-disk': async (payload, helpers) => await checkJob(ofContent.parse(payload), isLastTry(helpers)),
  'send-mail': async (payload) => await sendDueMail(ofAccount.parse(payload).accountId),
  'send-webhook': async (payload) => await sendWebhook(ofDelivery.parse(payload).deliveryId),
}

/** Jobs that wait for foreign servers have their own runners, so that a hanging mail server delays no disk. */
const atOnce = { work: 2, mail: 2, webhooks: 6 }
type Runner = keyof typeof atOnce

function runnerOf(kind: string): Runner {
  if (kind === 'send-mail') return 'mail'
  return kind === 'send-webhook' ? 'webhooks' : 'work'
}

function taskList(runner: Runner): Record<string, Task> {
  const taken = Object.entries(tasks).filter(([kind]) => runnerOf(kind) === runner)
  return Object.fromEntries(taken.map(([kind, task]) => [kind, observed(kind, task)]))
}

async function startRunners(pgPool: pg.Pool): Promise<WorkerRunner[]> {
  const start = async (runner: Runner) =>
    await run({ pgPool, logger, noHandleSignals: true, concurrency: atOnce[runner], taskList: taskList(runner) })
  return [await start('work'), await start('mail'), await start('webhooks')]
}

function observed(kind: string, task: Task): Task {
  return async (payload, helpers) =>
    await withLogFields({ job: helpers.job.id, kind }, async () => {
      const end = Object.values(transferKinds).find(({ job }) => job === kind)
      const imageId = end ? ofImage.parse(payload).imageId : null
      // A repeated job finds its transfer ended, and must not count it again.
      const hadEnded = imageId !== null && (await findEnd(imageId)) !== null
      await countJob(kind, async () => await task(payload, helpers))
      if (end && imageId !== null && !hadEnded) await countEnd(end.word, imageId)
    })
}

async function countEnd(word: string, imageId: string): Promise<void> {
  const end = await findEnd(imageId).catch(() => null)
  if (end) countTransfer(word, end.outcome, end.bytes)
}

const logger = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning') log.warn({ from: 'graphile-worker' }, message)
})

let noticesForgotten = 0

/** Scans the notices of all accounts, so it runs once an hour. */
async function forgetOldNotices(now: Date): Promise<void> {
  if (now.getTime() - noticesForgotten < noticesForgottenEveryMs) return
  await forgetNotices(now)
  await requeueMail(now)
  await requeueDeliveries()
  noticesForgotten = now.getTime()
}

let checkpointed = 0

/** Checkpoints are also logged: logs are usually stored where nobody who can change the database can change them. */
async function makeDueCheckpoints(now: Date): Promise<void> {
  if (now.getTime() - checkpointed < checkpointEveryMs) return
  for await (const checkpoint of makeCheckpoints(now)) log.info({ checkpoint }, 'A checkpoint of the audit trail.')
  checkpointed = now.getTime()
}

async function sweep(): Promise<void> {
  const now = new Date()
  try {
    const forgetting = [forgetExpiredSessions(now), forgetUnknownLookups(now), forgetIdempotencyKeys(now)]
    await Promise.all([
      sweepImages(now),
      sweepChecks(),
      endSharesOver(now),
      tellEndingShares(now),
      meterAll(),
      clockSkewSeconds(),
      findCurrencyConflict(),
      forgetOldNotices(now),
      unlockDeliveries(),
      makeDueCheckpoints(now),
      foldRefusals(now),
      ...forgetting,
    ])
  } catch (error) {
    // The database may be unreachable; the next round comes soon.
    log.warn({ err: error }, 'The sweep could not be done.')
  }
}

async function tellOfDiskTool(): Promise<void> {
  const tool = await findDiskTool()
  if (!tool) log.warn('qemu-img is missing: only qcow2 and raw disks are taken, as they come. Install qemu-utils.')
  else if (tool.sandbox === 'limits')
    log.warn('No namespace can be made here: qemu-img runs with limits only. ECS_REQUIRE_SANDBOX=1 refuses instead.')
}

async function main(): Promise<void> {
  logConsole(log)
  log.info({ version, commit: commit(), node: process.version }, 'The worker of Open ECS Console starts.')
  const pool = new pg.Pool({ connectionString: env().DATABASE_URL, max: 10, application_name: workerName })
  // While the queue holds a connection it handles its errors; an idle one's errors are handled here.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', (error) => log.warn({ err: error }, 'A database connection of the worker was lost.'))
  tellOfQueueAndStores()
  tellOfFullPlaces()
  await tellOfDiskTool()
  await seedInstanceTypes(new Date())
  await sweep()
  await queueNeverChecked(new Date())
  const runners = await startRunners(pool)
  const timer = setInterval(sweep, sweepMs)
  const ended = new AbortController()
  const hosting = runHost(ended.signal)
  // The worker gets Ctrl-C from the terminal and from its parent process, which also ends.
  let isEnding = false
  const stop = async () => {
    if (isEnding) return
    isEnding = true
    clearInterval(timer)
    ended.abort()
    await Promise.all([...runners.map(async (runner) => await runner.stop()), hosting])
    await pool.end()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.once('disconnect', stop)
  await Promise.all(runners.map(({ promise }) => promise))
}

await main()
