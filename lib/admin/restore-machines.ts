import 'server-only'
import { StartError } from '@/lib/embedded/data-folder'
import { listAtRest, noteOutcome } from '@/lib/instances/writes-host'
import { readHostId, writeHostId } from '@/lib/machines/host-id'
import type { MachineState } from '@/lib/machines/machine'
import { hostMachines } from '@/lib/machines/machines'
import { isIntact } from '@/lib/stores/checksum'
import { machineStore } from './backup-machines'
import type { InstanceDump, Manifest } from './backup-manifest'

type WithDisk = Extract<InstanceDump, { kept: 'disk' }>

const alive: MachineState['state'][] = ['running', 'paused', 'unknown']

const withDisks = ({ instances }: Manifest) => instances.filter((dump): dump is WithDisk => dump.kept === 'disk')

/** The first file of a machine in a backup that is not what was written; null where all are. */
export async function findDamaged(folder: string, manifest: Manifest, signal: AbortSignal): Promise<string | null> {
  for (const { files } of withDisks(manifest))
    for (const file of files)
      if (!(await isIntact(machineStore(folder), file.sha256, file, signal))) return `machines/${file.sha256}`
  return null
}

/** Guests outlive the console. One that goes on would write to a disk that is replaced, or has another past than its rows. */
export async function requireNoGuests(): Promise<void> {
  const running: string[] = []
  for (const id of await hostMachines().list())
    if (alive.includes((await hostMachines().state(id)).state)) running.push(id)
  if (running.length === 0) return
  throw new StartError(
    `Instances run on this host: ${running.join(', ')}. Stop them in the console, or restart the host without it, and restore then.`,
  )
}

export type PutBack = { disks: string[]; left: string[] }

/**
 * Puts the disks of a backup on this host, which takes the id of the one that they are from. A disk of the same building that is
 * here already stays: it is the instance's own, and no older. Nothing is done where this host has instances under another id.
 */
export async function putBackMachines(folder: string, manifest: Manifest, signal: AbortSignal): Promise<PutBack> {
  const [dumps, machines] = [withDisks(manifest), hostMachines()]
  const done: PutBack = { disks: [], left: [] }
  // Those without a disk are this host's, too: its worker finds them, and they can be rebuilt.
  if (manifest.instances.length === 0 || manifest.host === null) return done
  const [here, own] = [await machines.list(), await readHostId()]
  if (own !== manifest.host) {
    if (own !== null && here.length > 0) return { disks: [], left: dumps.map(({ id }) => id) }
    await writeHostId(manifest.host)
  }
  for (const dump of dumps) {
    signal.throwIfAborted()
    const isHere = (await machines.buildOf(dump.id)) !== null
    if (!isHere) await putBack(folder, dump)
    done[isHere ? 'left' : 'disks'].push(dump.id)
  }
  return done
}

/**
 * Replaces disks that were built anew since the backup. Only once its rows are there, for which they mean nothing: a start would
 * build the disk from its image again.
 */
export async function replaceRebuilt(folder: string, manifest: Manifest, { disks, left }: PutBack): Promise<PutBack> {
  const replaced: string[] = []
  if (manifest.host === (await readHostId()))
    for (const dump of withDisks(manifest)) {
      if (!left.includes(dump.id) || (await hostMachines().buildOf(dump.id)) === dump.build) continue
      await putBack(folder, dump)
      replaced.push(dump.id)
    }
  return { disks: [...disks, ...replaced], left: left.filter((id) => !replaced.includes(id)) }
}

/** Says of instances that are off that their disks are gone. The worker looks at them only when somebody starts them. */
export async function failWithoutDisks(now: Date): Promise<void> {
  const host = await readHostId()
  if (host === null) return
  for (const instance of await listAtRest(host))
    if ((await hostMachines().buildOf(instance.id)) !== instance.build)
      await noteOutcome(instance, { state: 'failed', reason: { code: 'MACHINE_GONE' } }, now)
}

async function putBack(folder: string, { id, files }: WithDisk): Promise<void> {
  const read = (sha256: string) => () => machineStore(folder).read(sha256)
  await hostMachines().putBack(
    id,
    files.map(({ name, size, sha256 }) => ({ name, size, read: read(sha256) })),
  )
}

/** Lines for people about what was put back and what was not. */
export function sayPutBack({ disks, left }: PutBack, { instances }: Manifest): string[] {
  if (instances.length === 0) return []
  const rest = instances.filter(({ kept }) => kept !== 'disk').length
  return [
    `Instances: ${disks.length} with their disks${rest > 0 ? `, ${rest} without: the worker finds them failed, and they can be restored from a snapshot or rebuilt` : ''}.`,
    ...left.map((id) => `  ${id}: not put back, as this host has its disk, or instances of another host`),
  ]
}
