import 'server-only'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { log } from '@/lib/log'
import { NotRunning } from '@/lib/machines/errors'
import type { MachineSnapshot, Machines } from '@/lib/machines/machine'
import { type SnapshotFailureCode, snapshotPatienceMs } from '@/lib/snapshots/rules'
import {
  claimSnapshotPlace,
  failSnapshot,
  noteProgress,
  settleSnapshot,
  type WantedSnapshot,
} from '@/lib/snapshots/writes-host'
import { StoreFull, StoreRefused, StoreUnreachable } from '@/lib/stores/errors'
import { storeOf } from '@/lib/stores/store'
import { removeUnwanted } from './remove-blob'

const lookMs = 250

type Ready = Extract<MachineSnapshot, { state: 'ready' }>

/** Writes the snapshot beside the machine and moves its bytes into the store. Can be repeated; leaves nothing on the host. */
export async function makeSnapshot(machines: Machines, wanted: WantedSnapshot, signal: AbortSignal): Promise<void> {
  const { id, instanceId } = wanted
  try {
    if (!wanted.isInstanceThere) return await failSnapshot(wanted, 'INSTANCE_GONE')
    const ready = await written(machines, wanted, signal)
    if (ready?.state === 'ready') await store(machines, wanted, ready, signal)
    if (ready?.state === 'failed') {
      log.warn({ snapshotId: id, instanceId, detail: ready.detail }, 'A snapshot could not be written.')
      await failSnapshot(wanted, ready.code)
    }
  } catch (error) {
    if (signal.aborted) return
    log.error({ err: error, snapshotId: id, instanceId }, 'A snapshot could not be made.')
    await failSnapshot(wanted, failureOf(error))
  }
  await machines.forgetSnapshot(instanceId, id)
}

async function written(machines: Machines, { id, instanceId }: WantedSnapshot, signal: AbortSignal) {
  const end = performance.now() + snapshotPatienceMs
  for (;;) {
    signal.throwIfAborted()
    const found = await machines.snapshotState(instanceId, id)
    if (found.state === 'ready' || found.state === 'failed') return found
    if (performance.now() > end) throw new DOMException('It took too long.', 'TimeoutError')
    if (found.state === 'absent') await machines.snapshot(instanceId, id)
    // This is half of the work; the other half is the transfer to the store.
    else if (!(await noteProgress(id, found.done, 2 * found.total))) return null
    await sleep(lookMs, null, { signal })
  }
}

async function store(machines: Machines, wanted: WantedSnapshot, ready: Ready, signal: AbortSignal): Promise<void> {
  const { id, instanceId, regionId } = wanted
  const hash = createHash('sha256')
  for await (const chunk of await machines.readSnapshot(instanceId, id)) {
    signal.throwIfAborted()
    hash.update(chunk)
  }
  const { size, virtualSize } = ready
  const content = { sha256: hash.digest('hex'), format: 'qcow2' as const, size, virtualSize }
  const place = await claimSnapshotPlace(wanted, content)
  if (!place) return
  const target = storeOf(regionId)
  if (!place.isThere) {
    let toldAt = 0
    const onProgress = (done: number) => {
      if (performance.now() - toldAt < 1_000) return
      toldAt = performance.now()
      void noteProgress(id, size + done, 2 * size).catch(() => {})
    }
    await target.put(place.key, await machines.readSnapshot(instanceId, id), { size, signal, onProgress })
  }
  await settleSnapshot(wanted, content, ready.settled ? 'SETTLED' : 'POWER_CUT')
  if (!place.isThere) await removeUnwanted(target, place)
}

function failureOf(error: unknown): SnapshotFailureCode {
  if (error instanceof StoreFull) return 'STORE_FULL'
  if (error instanceof StoreRefused) return 'STORE_REFUSED'
  if (error instanceof StoreUnreachable) return 'STORE_UNREACHABLE'
  if (error instanceof NotRunning) return 'INSTANCE_GONE'
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'SNAPSHOT_TIMED_OUT'
  return 'SNAPSHOT_FAULT'
}
