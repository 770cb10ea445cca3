import 'server-only'
import os from 'node:os'
import pg from 'pg'
import { advisoryLocks } from '@/lib/db/locks'
import { env } from '@/lib/env'
import {
  findEnded,
  type HostedInstance,
  type HostReport,
  listBases,
  listHosted,
  reportHost,
} from '@/lib/instances/writes-host'
import { workerName } from '@/lib/jobs/worker-sign'
import { log } from '@/lib/log'
import { NoHypervisor } from '@/lib/machines/errors'
import { readHostId, writeHostId } from '@/lib/machines/host-id'
import type { Machines } from '@/lib/machines/machine'
import { hostMachines } from '@/lib/machines/machines'
import { findStillWanted, listWanted } from '@/lib/snapshots/writes-host'
import { operate } from './operate'
import { makeSnapshot } from './snapshot'

const lookMs = 1_000
const reportMs = 5_000
const tidyMs = 10 * 60_000
/** How often another process checks whether the owner is gone, and the owner whether a hypervisor was installed. */
const retryMs = 3_000

/** Waits for the host lock, and owns the machines of this host while it holds it. Machines outlive `signal`. */
export async function runHost(signal: AbortSignal): Promise<void> {
  let isTold = false
  while (!signal.aborted) {
    const lock = await takeLock().catch(() => null)
    if (lock) {
      isTold = false
      await own(lock, signal)
      await lock.end().catch(() => {})
    } else if (!isTold) {
      isTold = true
      log.info('Another process owns the machines; this one starts none and waits.')
    }
    await pause(retryMs, signal)
  }
}

async function takeLock(): Promise<pg.Client | null> {
  const client = new pg.Client({
    connectionString: env().DATABASE_URL,
    application_name: workerName,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ isMine: boolean }>('SELECT pg_try_advisory_lock($1) AS "isMine"', [
    advisoryLocks.host,
  ])
  if (rows[0]?.isMine) return client
  await client.end()
  return null
}

async function own(lock: pg.Client, signal: AbortSignal): Promise<void> {
  const lost = new AbortController()
  lock.on('error', () => lost.abort())
  lock.on('end', () => lost.abort())
  const over = AbortSignal.any([signal, lost.signal])
  const host = new Host(hostMachines(), await hostId(), over)
  try {
    lock.on('notification', () => host.wake())
    await lock.query('LISTEN instances')
    await host.run(async () => {
      await lock.query('SELECT 1')
    })
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, 'The machines are out of sight for a moment.')
  } finally {
    lost.abort()
  }
}

async function hostId(): Promise<string> {
  const kept = await readHostId()
  if (kept) return kept
  await writeHostId(os.hostname())
  return os.hostname()
}

type Found = Omit<HostReport, 'cachedBytes' | 'network' | 'networkProblem'>

type Work = { revision: number; stop: AbortController }

class Host {
  private readonly working = new Map<string, Work>()
  private readonly snapshots = new Map<string, AbortController>()
  private waker: (() => void) | undefined
  private isWoken = false
  private report: Found | undefined
  private networkProblem: string | null = null

  constructor(
    private readonly machines: Machines,
    private readonly id: string,
    private readonly over: AbortSignal,
  ) {}

  wake(): void {
    this.isWoken = true
    this.waker?.()
  }

  async run(confirm: () => Promise<void>): Promise<void> {
    let [reportedAt, tidiedAt] = [Number.NEGATIVE_INFINITY, performance.now()]
    while (!this.over.aborted) {
      await confirm()
      if (performance.now() - reportedAt > reportMs) {
        await this.tell()
        reportedAt = performance.now()
      }
      // Nothing is built while no instance is worked on, so no base in use is removed.
      if (performance.now() - tidiedAt > tidyMs && this.working.size === 0) {
        await this.machines.keepBases(await listBases(this.id))
        // Removing a cancelled snapshot may have waited for a slow target.
        await this.removeEnded()
        tidiedAt = performance.now()
      }
      this.isWoken = false
      await this.look()
      await this.untilWoken()
    }
  }

  private async look(): Promise<void> {
    await this.lookAtSnapshots()
    for (const instance of await listHosted(this.id)) {
      const work = this.working.get(instance.id)
      if (!work) this.begin(instance)
      // The older request is obsolete; the next round begins the new one.
      else if (work.revision !== instance.revision) work.stop.abort()
    }
  }

  private async lookAtSnapshots(): Promise<void> {
    const wanted = await listWanted(this.id)
    for (const [id, stop] of this.snapshots) if (!wanted.some((one) => one.id === id)) stop.abort()
    for (const snapshot of wanted) {
      if (this.snapshots.has(snapshot.id)) continue
      const stop = new AbortController()
      this.snapshots.set(snapshot.id, stop)
      makeSnapshot(this.machines, snapshot, AbortSignal.any([stop.signal, this.over]))
        .then(async () => {
          if (stop.signal.aborted) await this.machines.forgetSnapshot(snapshot.instanceId, snapshot.id)
        })
        .catch((error) =>
          log.warn({ err: error, snapshotId: snapshot.id }, 'What became of a snapshot was not written.'),
        )
        .finally(() => this.snapshots.delete(snapshot.id))
    }
  }

  private begin(instance: HostedInstance): void {
    const stop = new AbortController()
    this.working.set(instance.id, { revision: instance.revision, stop })
    const signal = AbortSignal.any([stop.signal, this.over])
    operate(this.machines, instance, signal)
      .catch((error) =>
        log.warn({ err: error, instanceId: instance.id }, 'What became of an instance was not written.'),
      )
      .finally(() => {
        this.working.delete(instance.id)
        if (stop.signal.aborted) this.wake()
      })
  }

  private async tell(): Promise<void> {
    if (!this.report || this.report.problem !== null) {
      this.report = await this.findOut()
      if (this.report.problem === null) await this.removeEnded()
    }
    const network = await this.findNetwork()
    await reportHost({ ...this.report, ...network, cachedBytes: await this.machines.basesSize() })
  }

  /** Checked each time, since a bridge may appear or disappear. */
  private async findNetwork(): Promise<Pick<HostReport, 'network' | 'networkProblem'>> {
    const { name: network, problem } = (await this.machines.network()) ?? { name: null, problem: null }
    if (problem !== null && problem !== this.networkProblem) log.warn(problem)
    if (problem === null && this.networkProblem !== null) log.info({ network }, 'Instances have their network again.')
    this.networkProblem = problem
    return { network, networkProblem: problem }
  }

  private async findOut(): Promise<Found> {
    const { ECS_MACHINE_CPU_RATIO, ECS_MACHINE_EMULATION, ECS_MACHINE_MEMORY_RESERVE } = env()
    const fixed = { id: this.id, isEmulationAllowed: ECS_MACHINE_EMULATION === 'allow' }
    try {
      const { accelerator, canUefi, memoryMib, vcpus, version } = await this.machines.host()
      const shape = {
        vcpus: Math.floor(vcpus * ECS_MACHINE_CPU_RATIO),
        memoryMib: Math.max(0, memoryMib - Math.ceil(ECS_MACHINE_MEMORY_RESERVE / 2 ** 20)),
      }
      log.info({ accelerator, version, ...shape }, 'This host runs machines.')
      return { ...fixed, ...shape, accelerator, canUefi, version, problem: null }
    } catch (error) {
      if (!(error instanceof NoHypervisor)) throw error
      if (this.report?.problem !== error.message) log.warn(error.message)
      return {
        ...fixed,
        vcpus: 0,
        memoryMib: 0,
        accelerator: null,
        canUefi: false,
        version: '',
        problem: error.message,
      }
    }
  }

  /** Files unknown to the database are left to `gc`. */
  private async removeEnded(): Promise<void> {
    const here = await this.machines.list()
    for (const id of await findEnded(here)) await this.machines.destroy(id)
    for (const id of here) {
      const names = await this.machines.listSnapshots(id)
      const wanted = await findStillWanted(names)
      for (const name of names)
        if (!wanted.includes(name) && !this.snapshots.has(name))
          await this.machines
            .forgetSnapshot(id, name)
            .catch((error) => log.warn({ err: error, snapshotId: name }, 'Something of a snapshot is left.'))
    }
  }

  private async untilWoken(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, lookMs)
      this.waker = () => {
        clearTimeout(timer)
        resolve()
      }
      // It may have been woken meanwhile.
      if (this.isWoken || this.over.aborted) this.waker()
    })
    this.waker = undefined
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
