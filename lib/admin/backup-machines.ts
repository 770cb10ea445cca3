import 'server-only'
import type pg from 'pg'
import { Unreadable } from '@/lib/machines/errors'
import { readHostId } from '@/lib/machines/host-id'
import type { SavedBytes, SavedMachine } from '@/lib/machines/machine'
import { hostMachines } from '@/lib/machines/machines'
import { ChecksumMismatch, expectSha256, sha256Of } from '@/lib/stores/checksum'
import { WrongSize } from '@/lib/stores/errors'
import { FolderStore } from '@/lib/stores/folder'
import { type FileDump, type InstanceDump, type Manifest, machinesFolder } from './backup-manifest'

type Listed = {
  id: string
  state: string
  build: string
  hostId: string
  isStopped: boolean
  snapshotId: string | null
  snapshotAt: Date | null
}

export type Copying = {
  folder: string
  signal: AbortSignal
  before: Manifest | null
  copied: { disks: number; bytes: number }
}

/** The part of a backup with the files of machines, named by their checksum. */
export function machineStore(folder: string): FolderStore {
  return new FolderStore({ kind: 'folder', folder: machinesFolder(folder), isOurs: true, reserveMin: 0 })
}

/** The instances in the snapshot of the rows, each with its last snapshot; without ended and ending ones, which keep nothing. */
export async function listInstances(client: pg.Client): Promise<Listed[]> {
  const { rows } = await client.query<Listed>(
    `SELECT i.id, i.state::text AS state, i.build, i."hostId", i.task IS NULL AND i.state IN ('stopped', 'failed') AS "isStopped",
       s.id AS "snapshotId", s."createdAt" AS "snapshotAt"
     FROM "Instance" i LEFT JOIN LATERAL (SELECT id, "createdAt" FROM "Snapshot"
       WHERE "instanceId" = i.id AND state = 'available' ORDER BY "createdAt" DESC, id LIMIT 1) s ON true
     WHERE i.state NOT IN ('terminating', 'terminated') ORDER BY i.id`,
  )
  return rows
}

/** The host of a backup's instances. If there are several: this host, or null if it has none of the instances. */
export async function hostOf(instances: Pick<Listed, 'hostId'>[]): Promise<string | null> {
  const [hosts, here] = [new Set(instances.map(({ hostId }) => hostId)), await readHostId()]
  if (here !== null && hosts.has(here)) return here
  const [first, second] = hosts
  return second === undefined ? (first ?? null) : null
}

/** Copies the disks of instances that are stopped on this host; for the others records the snapshot with their data. */
export async function copyMachines(work: Copying, instances: Listed[]): Promise<InstanceDump[]> {
  const here = await readHostId()
  const dumps: InstanceDump[] = []
  for (const instance of instances) {
    work.signal.throwIfAborted()
    dumps.push(instance.isStopped && instance.hostId === here ? await dumpOf(work, instance) : otherwise(instance))
  }
  return dumps
}

/** Copies one disk. An unreadable disk is recorded and does not end the backup. */
async function dumpOf(work: Copying, instance: Listed): Promise<InstanceDump> {
  try {
    const files = await copyMachine(work, instance)
    return files ? { ...named(instance), kept: 'disk', build: instance.build, ...files } : otherwise(instance)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { ...otherwise(instance), problem: error.message }
  }
}

const named = ({ id, state }: Listed) => ({ id, state })

function otherwise(instance: Listed): Exclude<InstanceDump, { kept: 'disk' }> {
  const { snapshotId, snapshotAt } = instance
  if (snapshotId === null || snapshotAt === null) return { ...named(instance), kept: 'nothing' }
  return { ...named(instance), kept: 'snapshot', snapshotId, takenAt: snapshotAt.toISOString() }
}

/** Null if it has no disk here, or was started in the meantime: a disk that is being written has no consistent state. */
async function copyMachine(work: Copying, { id, build }: Listed): Promise<{ stamp: string; files: FileDump[] } | null> {
  const saved = await hostMachines().save(id)
  if (!saved) return null
  try {
    if (saved.build !== build) return null
    const { stamp } = saved
    const known = work.before?.instances.find((dump) => dump.id === id)
    const isSame = known?.kept === 'disk' && known.stamp === stamp && (await hasFiles(work, known.files))
    const files = isSame ? known.files : await copyFiles(work, saved)
    return files && (await saved.isStill()) ? { stamp, files } : null
  } finally {
    await saved.close()
  }
}

async function hasFiles({ folder }: Copying, files: FileDump[]): Promise<boolean> {
  for (const { sha256, size } of files) if ((await machineStore(folder).stat(sha256))?.size !== size) return false
  return true
}

async function copyFiles(work: Copying, { files }: SavedMachine): Promise<FileDump[] | null> {
  const dumps: FileDump[] = []
  for (const file of files) {
    const { name, size } = file
    const sha256 = await sha256Of(await file.read(), { signal: work.signal }).catch((error) => {
      work.signal.throwIfAborted()
      throw new Unreadable(`${name} cannot be read: ${error.message}.`)
    })
    if (!(await hasFiles(work, [{ name, size, sha256 }])) && !(await copyFile(work, file, sha256))) return null
    dumps.push({ name, size, sha256 })
  }
  work.copied.disks += 1
  return dumps
}

/** False if the file has changed since its first read. Throws `Unreadable`, and errors of the backup's folder. */
async function copyFile({ folder, signal, copied }: Copying, file: SavedBytes, sha256: string): Promise<boolean> {
  const checked = expectSha256(sha256)
  const bytes = await file.read()
  let failed: Error | undefined
  bytes.on('error', (error) => {
    failed = error
    checked.destroy(error)
  })
  checked.on('close', () => bytes.destroy())
  try {
    await machineStore(folder).put(sha256, bytes.pipe(checked), { size: file.size, signal })
    copied.bytes += file.size
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (failed) throw new Unreadable(`${file.name} cannot be read: ${failed.message}.`)
    if (error instanceof ChecksumMismatch || error instanceof WrongSize) return false
    throw error
  }
}

/** Removes files that no instance of a backup names, and leftovers of an interrupted backup. */
export async function pruneMachines(folder: string, instances: InstanceDump[]): Promise<void> {
  const named = new Set(
    instances.flatMap((dump) => (dump.kept === 'disk' ? dump.files.map(({ sha256 }) => sha256) : [])),
  )
  const store = machineStore(folder)
  const left: string[] = []
  for await (const { key, isPartial } of store.list()) if (isPartial || !named.has(key)) left.push(key)
  for (const key of left) await (named.has(key) ? store.deleteUnfinished(key) : store.delete(key))
}

/** Lines for the operator about the instances of a backup, and one for each whose own disk is not in it. */
export function sayInstances(instances: InstanceDump[]): string[] {
  if (instances.length === 0) return []
  const count = (kept: InstanceDump['kept']) => instances.filter((dump) => dump.kept === kept).length
  const all = `Instances: ${count('disk')} with their disks, ${count('snapshot')} by their last snapshot, ${count('nothing')} without data.`
  const rest = instances.flatMap((dump) => {
    if (dump.kept === 'disk') return []
    const how = dump.kept === 'nothing' ? 'no disk and no snapshot' : `snapshot ${dump.snapshotId} of ${dump.takenAt}`
    return [`  ${dump.id} (${dump.state}): ${how}${dump.problem ? `. ${dump.problem}` : ''}`]
  })
  return [all, ...rest]
}
