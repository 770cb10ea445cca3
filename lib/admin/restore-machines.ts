import 'server-only'
import { StartError } from '@/lib/embedded/data-folder'
import { listKept, noteOutcome, noteRuns, noteStart } from '@/lib/instances/writes-host'
import { Unreadable } from '@/lib/machines/errors'
import { hostIdFile, readHostId, writeHostId } from '@/lib/machines/host-id'
import { hostMachines } from '@/lib/machines/machines'
import { isIntact } from '@/lib/stores/checksum'
import { machineStore } from './backup-machines'
import type { InstanceDump, Manifest } from './backup-manifest'

type WithDisk = Extract<InstanceDump, { kept: 'disk' }>

const withDisks = ({ instances }: Manifest) => instances.filter((dump): dump is WithDisk => dump.kept === 'disk')

/** The first damaged machine file of a backup; null if all match their checksums. */
export async function findDamaged(folder: string, manifest: Manifest, signal: AbortSignal): Promise<string | null> {
  for (const { files } of withDisks(manifest))
    for (const file of files)
      if (!(await isIntact(machineStore(folder), file.sha256, file, signal))) return `machines/${file.sha256}`
  return null
}

/** Refuses while guests run, which outlive the console: they would write to a replaced disk, or differ from the restored rows. */
export async function requireNoGuests(): Promise<void> {
  const alive: string[] = []
  for (const id of await hostMachines().list()) if (await hostMachines().isAlive(id)) alive.push(id)
  if (alive.length === 0) return
  throw new StartError(
    `Instances run on this host: ${alive.join(', ')}. Stop them in the console, or restart the host without starting the console, then restore.`,
  )
}

/**
 * The outcome for each instance with a disk in the backup: restored, kept because this host has a disk (`left`), or failed.
 * `isItsHost`: this is the host of the backup's instances. `isNewHost`: it took that host's id, and has none of their disks.
 */
export type PutBack = {
  disks: string[]
  left: string[]
  failed: { id: string; reason: string }[]
  isItsHost: boolean
  isNewHost: boolean
}

/**
 * Restores the disks of a backup on this host, and gives it the id of the backup's host, so that its worker finds all instances
 * of that host. An existing disk is kept, and everything on a host that has instances under another id. A failed disk does not
 * keep the others from being restored.
 */
export async function putBackMachines(folder: string, manifest: Manifest, signal: AbortSignal): Promise<PutBack> {
  const [dumps, machines] = [withDisks(manifest), hostMachines()]
  const done: PutBack = { disks: [], left: [], failed: [], isItsHost: true, isNewHost: false }
  // Instances without a disk in the backup need their host too: they can be rebuilt there.
  if (manifest.instances.length === 0 || manifest.host === null) return done
  const [here, own] = [await machines.list(), await readHostId()]
  if (own !== manifest.host) {
    if (own !== null && here.length > 0) return { ...done, left: dumps.map(({ id }) => id), isItsHost: false }
    await writeHostId(manifest.host)
  }
  for (const dump of dumps) {
    signal.throwIfAborted()
    if ((await buildHere(dump.id)) !== null) done.left.push(dump.id)
    else await putBack(folder, dump, done)
  }
  return { ...done, isNewHost: own !== manifest.host && (await machines.list()).length === 0 }
}

/** Replaces disks that were rebuilt since the backup, whose builds the restored rows do not know. Call it after the rows. */
export async function replaceRebuilt(folder: string, manifest: Manifest, before: PutBack): Promise<PutBack> {
  if (!before.isItsHost) return before
  const done: PutBack = { ...before, disks: [...before.disks], left: [], failed: [...before.failed] }
  for (const dump of withDisks(manifest)) {
    if (!before.left.includes(dump.id)) continue
    if ((await buildHere(dump.id)) === dump.build) done.left.push(dump.id)
    else await putBack(folder, dump, done)
  }
  return done
}

/**
 * Fails the instances whose disk this host lacks, and returns their ids: the row's build was started and is not here, or a later
 * build is here, which no task in the row may replace. The worker itself would look at stopped instances only when they
 * are started.
 */
export async function failWithoutDisks(now: Date): Promise<string[]> {
  const host = await readHostId()
  const gone: string[] = []
  for (const instance of host === null ? [] : await listKept(host)) {
    const { id, build, startedBuild } = instance
    const here = await buildHere(id)
    const isLater = here !== null && here !== build && here !== startedBuild
    if (here === build || (startedBuild !== build && !isLater)) continue
    // Prevents a start from building the disk of the row.
    await noteStart(instance)
    await noteRuns(instance, await hostMachines().runs(id))
    await noteOutcome(instance, { state: 'failed', reason: { code: 'MACHINE_GONE' } }, now)
    gone.push(id)
  }
  return gone
}

/** The build of an instance's disk on this host, or null if there is none. Empty for a disk with an unreadable record. */
async function buildHere(id: string): Promise<string | null> {
  return await hostMachines()
    .buildOf(id)
    .catch((error) => {
      if (error instanceof Unreadable) return ''
      throw error
    })
}

/** Restores a disk, and records the outcome. */
async function putBack(folder: string, { id, files }: WithDisk, done: PutBack): Promise<void> {
  const saved = files.map(({ name, size, sha256 }) => ({ name, size, read: () => machineStore(folder).read(sha256) }))
  try {
    // A worker that was started in the meantime may have started it.
    if (await hostMachines().isAlive(id)) throw new Error('It runs.')
    await hostMachines().putBack(id, saved)
    done.disks.push(id)
  } catch (error) {
    done.failed.push({ id, reason: error instanceof Error ? error.message : String(error) })
  }
}

/** Lines for the operator about restored disks, and about instances that have none now. */
export function sayPutBack(done: PutBack, gone: string[], { host, instances }: Manifest): string[] {
  const { disks, left, failed, isItsHost, isNewHost } = done
  if (instances.length === 0 && gone.length === 0) return []
  if (!isItsHost)
    return [
      'Instances: none of their disks were put back, as this host has instances of another. Their own host has id',
      `  ${host}. Restore on it, or on a host without instances.`,
    ]
  const without = gone.filter((id) => !failed.some((one) => one.id === id))
  return [
    `Instances: ${disks.length} with their disks from the backup${gone.length > 0 ? `, ${gone.length} failed, as this host does not have their disks` : ''}.`,
    ...(isNewHost
      ? [
          `  This host had no instances, and is now the one of the backup's, ${host}, without their disks. If theirs is another`,
          `  host that still exists, remove ${hostIdFile()} here before a worker is started.`,
        ]
      : []),
    ...left.map((id) => `  ${id}: not put back, as this host has its disk`),
    ...failed.map(({ id, reason }) => `  ${id}: its disk could not be put back: ${reason}`),
    ...(failed.length > 0 ? ['  Mend that, and restore once more with --force-empty before anybody works.'] : []),
    ...without.map((id) => `  ${id}: failed (MACHINE_GONE). Restore it from a snapshot, or rebuild it`),
  ]
}
