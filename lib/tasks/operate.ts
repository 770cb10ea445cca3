import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import { env } from '@/lib/env'
import { taskPatienceMs } from '@/lib/instances/rules'
import { instanceReason } from '@/lib/instances/schema'
import {
  endInstance,
  type HostedInstance,
  noteCard,
  noteOutcome,
  noteRuns,
  noteStart,
  type Outcome,
} from '@/lib/instances/writes-host'
import { log } from '@/lib/log'
import { MachineGone, NoHypervisor, NoNetwork, unlessEnded, unlessUnreadable } from '@/lib/machines/errors'
import type { MachineBase, MachineBuild, MachineLogin, MachineState, Machines } from '@/lib/machines/machine'
import { ChecksumMismatch } from '@/lib/stores/checksum'
import { NotStored, StoreFull, StoreUnreachable, WrongSize } from '@/lib/stores/errors'

const lookMs = 150
const pressMs = 5_000

/** Advances an instance one step and records the outcome. Can be repeated after any crash. `signal`: another task came. */
export async function operate(machines: Machines, instance: HostedInstance, signal: AbortSignal): Promise<void> {
  const { task } = instance
  try {
    if (task === 'TERMINATE') return await terminate(machines, instance)
    const patience = task === null || task === 'STOP' ? null : AbortSignal.timeout(taskPatienceMs[task])
    const limit = patience ? AbortSignal.any([signal, patience]) : signal
    await settle(machines, instance, await perform(machines, instance, limit))
  } catch (error) {
    // The newer request is handled next. TERMINATE is retried until it succeeds; a failed query is repeated in the next round.
    if (signal.aborted) return
    log[task === null ? 'warn' : 'error']({ err: error, instanceId: instance.id, task }, 'An instance is in trouble.')
    if (task !== null && task !== 'TERMINATE') await settle(machines, instance, failureOf(error))
  }
}

async function perform(machines: Machines, instance: HostedInstance, signal: AbortSignal): Promise<Outcome> {
  const { id, task } = instance
  switch (task) {
    case 'CREATE':
      return await start(machines, instance, signal)
    case 'START':
      await requireDisk(machines, instance)
      return await start(machines, instance, signal)
    case 'REBUILD':
      await machines.kill(id)
      return await start(machines, instance, signal)
    case 'RESTORE':
      await machines.kill(id)
      await build(machines, instance, signal)
      return { state: 'stopped', reason: null }
    case 'STOP':
      return await stop(machines, id, signal)
    case 'FORCE_STOP':
      await machines.kill(id)
      return { state: 'stopped', reason: null }
    case 'RESTART':
      await machines.reset(id)
      return outcomeOf(await machines.state(id))
    default:
      return outcomeOf(await machines.state(id))
  }
}

/** Records the running time first, so that no hour is lost if a later step fails. */
async function settle(machines: Machines, instance: HostedInstance, outcome: Outcome): Promise<void> {
  const { id, task } = instance
  // A crashed guest still uses memory, which is no longer counted as taken.
  if (outcome.state === 'failed') await machines.kill(id).catch(() => {})
  const before = instanceReason.nullable().catch(null).parse(instance.reason)
  const isNews = task !== null || outcome.state !== instance.state || outcome.reason?.code !== before?.code
  await noteRuns(instance, await machines.runs(id))
  const hasCard = await machines.hasCard(id)
  if (hasCard !== null && hasCard !== instance.hasCard) await noteCard(instance, hasCard)
  if (isNews) await noteOutcome(instance, outcome, new Date())
}

async function terminate(machines: Machines, instance: HostedInstance): Promise<void> {
  const { id } = instance
  await machines.kill(id)
  await noteRuns(instance, await machines.runs(id))
  await machines.destroy(id)
  await endInstance(instance, new Date())
}

async function start(machines: Machines, instance: HostedInstance, signal: AbortSignal): Promise<Outcome> {
  const { id, shape } = instance
  await build(machines, instance, signal)
  await noteStart(instance)
  await machines.start(id, shape)
  return await hasStarted(machines, id, signal)
}

async function build(machines: Machines, instance: HostedInstance, signal: AbortSignal): Promise<void> {
  const { id, build, bootMode, diskBytes } = instance
  const base = baseOf(instance)
  await machines.prepare(base, signal)
  signal.throwIfAborted()
  await machines.build(id, { build, base, bootMode, diskBytes, login: loginOf(instance) } satisfies MachineBuild)
}

/**
 * Throws `MachineGone` if a start would rebuild a disk that was started before, which would silently give an empty system. A disk that
 * was never started is built by its start.
 */
async function requireDisk(machines: Machines, { id, build, startedBuild }: HostedInstance): Promise<void> {
  if (startedBuild !== build || (await machines.buildOf(id).catch(unlessUnreadable)) === build) return
  throw new MachineGone(`${id} has no disk on this host.`)
}

function baseOf({ id, regionId, base }: HostedInstance): MachineBase {
  if (!base) throw new Error(`${id} has no bytes to start from.`)
  return { ...base, regionId, format: base.format === 'qcow2' ? 'qcow2' : 'raw' }
}

function loginOf({ id, login }: HostedInstance): MachineLogin | null {
  const { hostName, sshKey, userData } = login
  return hostName || sshKey || userData ? { hostName: hostName ?? id, sshKey, userData } : null
}

async function hasStarted(machines: Machines, id: string, signal: AbortSignal): Promise<Outcome> {
  for (;;) {
    const state = await machines.state(id)
    if (state.reason?.code !== 'STARTING') return outcomeOf(state)
    await sleep(lookMs, null, { signal })
  }
}

async function stop(machines: Machines, id: string, signal: AbortSignal): Promise<Outcome> {
  const end = performance.now() + env().ECS_MACHINE_STOP_PATIENCE
  for (let pressAt = 0; ; ) {
    // Repeated, since a guest that has just begun to boot ignores it.
    if (performance.now() > pressAt) {
      await machines.stop(id).catch(unlessEnded)
      pressAt = performance.now() + pressMs
    }
    const outcome = outcomeOf(await machines.state(id))
    if (outcome.state === 'stopped') return { ...outcome, reason: null }
    if (outcome.state === 'failed') return outcome
    // A machine paused for lack of disk space ignores the power button.
    if (outcome.state === 'paused' || performance.now() > end) break
    await sleep(lookMs, null, { signal })
  }
  await machines.kill(id)
  return { state: 'stopped', reason: null }
}

/** Translates the states of every engine. */
function outcomeOf({ state, reason }: MachineState): Outcome {
  if (state === 'absent') return { state: 'failed', reason: { code: 'MACHINE_GONE' } }
  // ENDED says no more than the state `stopped`.
  if (!reason || reason.code === 'ENDED' || reason.code === 'STARTING') return { state, reason: null }
  return { state, reason: instanceReason.transform(known).parse(reason) }
}

function known({ code, detail }: { code: string; detail?: string | undefined }): Outcome['reason'] {
  return code === 'UNKNOWN' ? { code: 'RUN_STATE', detail } : ({ code, detail } as Outcome['reason'])
}

/** The reason of a failed task for the tenant; the log has the details. */
export function failureOf(error: unknown): Outcome {
  const fail = (code: NonNullable<Outcome['reason']>['code'], detail?: string): Outcome => ({
    state: 'failed',
    reason: { code, detail },
  })
  if (error instanceof MachineGone) return fail('MACHINE_GONE')
  if (error instanceof NoHypervisor) return fail('NO_HYPERVISOR', error.message)
  if (error instanceof NoNetwork) return fail('NETWORK_MISSING', error.message)
  if (error instanceof StoreFull) return fail('STORE_FULL')
  if (error instanceof StoreUnreachable) return fail('STORE_UNREACHABLE')
  if (error instanceof NotStored || error instanceof WrongSize || error instanceof ChecksumMismatch)
    return fail('STORED_BYTES_DAMAGED')
  if (error instanceof DOMException && error.name === 'TimeoutError') return fail('TASK_TIMED_OUT')
  if (error instanceof Error && error.name === 'AbortError') return fail('TASK_TIMED_OUT')
  return fail('FAULT')
}
