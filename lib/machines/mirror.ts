import { execFile } from 'node:child_process'
import { chown, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { unlessEnded } from './errors'
import { askKeeper } from './keeper-line'
import type { MachineSnapshot } from './machine'
import {
  bytesOf,
  copyFromMachine,
  failureOf,
  inspected,
  mark,
  readMarker,
  type SnapshotPlace,
  targetOf,
} from './snapshot-files'

const run = promisify(execFile)
const cancelPatienceMs = 5_000
const lookMs = 50

const job = z.object({
  id: z.string(),
  status: z.string(),
  'current-progress': z.number(),
  'total-progress': z.number(),
  error: z.string().optional(),
})
type Job = z.infer<typeof job>

/** Returns the options of QEMU's `blockdev-add` for the target of a mirror. */
export type MirrorTarget = (filename: string) => object

export const fileTarget: MirrorTarget = (filename) => ({ driver: 'qcow2', file: { driver: 'file', filename } })

const nodeOf = (name: string) => `to-${name}`

async function ask({ folder }: SnapshotPlace, execute: string, args: object = {}): Promise<unknown> {
  return await askKeeper(folder.keeper, execute, args)
}

async function findJob(place: SnapshotPlace, name: string): Promise<Job | undefined> {
  return z
    .array(job)
    .parse(await ask(place, 'query-jobs'))
    .find(({ id }) => id === name)
}

/** Makes QEMU mirror the disk to a new file. The file is created outside the guest's folder, so that no link can redirect the write. */
export async function beginMirror(place: SnapshotPlace, name: string, target: MirrorTarget): Promise<void> {
  const { built } = place
  const fresh = `${bytesOf(place, name)}.new`
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', fresh, String(built.diskBytes)])
  await chown(fresh, built.uid, built.uid)
  await rename(fresh, targetOf(place, name))
  const node = nodeOf(name)
  await removeTarget(place, name)
  await ask(place, 'blockdev-add', { 'node-name': node, ...target(path.basename(targetOf(place, name))) })
  await ask(place, 'blockdev-mirror', {
    ...{ 'job-id': name, device: 'disk', target: node, sync: 'full' },
    ...{ 'auto-dismiss': false, 'on-source-error': 'report', 'on-target-error': 'report' },
  })
}

/**
 * Ends a mirror that has caught up, which is the moment of the snapshot, and collects the file of one that has ended. Null if there is
 * no mirror or its machine has ended. After a kill at any point the next process repeats the step: job and target are kept until the
 * outcome is recorded.
 */
export async function carryMirrorOn(place: SnapshotPlace, name: string): Promise<MachineSnapshot | null> {
  try {
    return await carryOn(place, name)
  } catch (error) {
    unlessEnded(error)
    return await readMarker(place, name)
  }
}

async function carryOn(place: SnapshotPlace, name: string): Promise<MachineSnapshot | null> {
  const found = await findJob(place, name)
  if (!found) return null
  const { status, error } = found
  if (status === 'ready') await endMirror(place, name)
  if (status !== 'concluded')
    return { state: 'running', done: found['current-progress'], total: found['total-progress'] }
  // QEMU writes the file's last tables when it closes it; reading it earlier would miss them.
  await removeTarget(place, name)
  await mark(place, name, error === undefined ? await take(place, name).catch(failureOf) : failureOf(error))
  await dismiss(place, name)
  return (await readMarker(place, name)) ?? { state: 'absent' }
}

/** Cancels a mirror and removes it from QEMU. Throws if it does not end in time, as its target may hang. */
export async function cancelMirror(place: SnapshotPlace, name: string): Promise<void> {
  const end = performance.now() + cancelPatienceMs
  try {
    for (let found = await findJob(place, name); found; found = await findJob(place, name)) {
      if (found.status === 'concluded') return await dismiss(place, name)
      await ask(place, 'block-job-cancel', { device: name, force: true }).catch(() => {})
      if (performance.now() > end) throw new Error(`The mirror of ${name} does not end.`)
      await sleep(lookMs)
    }
  } catch (error) {
    unlessEnded(error)
  }
}

/** Makes the keeper end the mirror, with the guest's file systems frozen if there is an agent. */
async function endMirror(place: SnapshotPlace, name: string): Promise<void> {
  // Keepers outlive an upgrade of the console, and older ones do not know this command.
  await ask(place, 'end-mirror', { job: name }).catch(() => ask(place, 'block-job-cancel', { device: name }))
}

/** Copies QEMU's output to a folder that only we write to, and inspects it like an uploaded disk. */
async function take(place: SnapshotPlace, name: string): Promise<MachineSnapshot> {
  const isSettled = await ask(place, 'is-settled', { job: name }).catch(() => false)
  await copyFromMachine(place, path.basename(targetOf(place, name)), bytesOf(place, name))
  return await inspected(place, name, isSettled === true)
}

async function dismiss(place: SnapshotPlace, name: string): Promise<void> {
  await removeTarget(place, name)
  await rm(targetOf(place, name), { force: true })
  await ask(place, 'forget-mirror', { job: name }).catch(() => {})
  await ask(place, 'job-dismiss', { id: name })
}

/** Makes QEMU close the file. Throws while QEMU still writes to it. */
async function removeTarget(place: SnapshotPlace, name: string): Promise<void> {
  await ask(place, 'blockdev-del', { 'node-name': nodeOf(name) }).catch((error) => {
    if (!/Failed to find node/.test(String(error))) throw error
  })
}
