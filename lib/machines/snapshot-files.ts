import { constants } from 'node:fs'
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { NoRoom } from '@/lib/disks/convert'
import { inspectDisk } from '@/lib/disks/inspect'
import { openFileReader } from '@/lib/disks/reader'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { StoreFull } from '@/lib/stores/errors'
import type { MachineSnapshot } from './machine'
import type { Built, MachineFolder } from './machine-folder'

const marker = z.union([
  z.object({ state: z.literal('ready'), size: z.number(), virtualSize: z.number(), settled: z.boolean() }),
  z.object({
    state: z.literal('failed'),
    code: z.enum(['STORE_FULL', 'SNAPSHOT_FAULT']),
    detail: z.string().optional(),
  }),
])

export type SnapshotPlace = { folder: MachineFolder; built: Built; base: string; reserveMin: number }

export const bytesOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.keeper, `${name}.qcow2`)
export const markerOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.keeper, `${name}.json`)
export const overlayOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.keeper, `${name}.overlay`)
export const targetOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.machine, `${name}.qcow2`)

/** Inspects a snapshot like an uploaded disk. Throws unless it is a qcow2 of the machine's size with no backing file. */
export async function inspected(place: SnapshotPlace, name: string, settled: boolean): Promise<MachineSnapshot> {
  const file = bytesOf(place, name)
  const reader = await openFileReader(file)
  try {
    const found = await inspectDisk(reader)
    if (!found.ok) throw new Error(`The snapshot is no sound disk: ${found.reason}.`)
    const { format, virtualSize } = found.disk
    if (format !== 'qcow2' || virtualSize !== place.built.diskBytes) throw new Error(`The snapshot is another disk.`)
    return { state: 'ready', size: reader.size, virtualSize, settled }
  } finally {
    await reader.close()
  }
}

/** Copies a file that the machine's own user made. Throws if there is none. */
export async function copyFromMachine({ folder, built }: SnapshotPlace, name: string, to: string): Promise<void> {
  const handle = await folder.openFromMachine(name, built.uid)
  if (!handle) throw new Error(`${name} is not the machine's.`)
  try {
    await rm(to, { force: true })
    await copyFile(`/proc/self/fd/${handle.fd}`, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  } finally {
    await handle.close()
  }
}

/** The outcome of a snapshot that failed with this error. */
export function failureOf(error: unknown): MachineSnapshot {
  const said = error instanceof Error ? error.message : String(error)
  const isFull = error instanceof NoRoom || error instanceof StoreFull || isErrnoCode(error, 'ENOSPC')
  if (isFull || /No space left|File too large/.test(said)) return { state: 'failed', code: 'STORE_FULL' }
  return { state: 'failed', code: 'SNAPSHOT_FAULT', detail: said }
}

/** Records the outcome. Call it after the file is complete, because a ready snapshot is read at once. */
export async function mark(place: SnapshotPlace, name: string, how: MachineSnapshot): Promise<void> {
  const file = markerOf(place, name)
  await writeFile(`${file}.new`, JSON.stringify(how), { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

/** The recorded outcome; null if there is none yet. */
export async function readMarker(place: SnapshotPlace, name: string): Promise<MachineSnapshot | null> {
  try {
    return marker.parse(JSON.parse(await readFile(markerOf(place, name), 'utf8')))
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  }
}
