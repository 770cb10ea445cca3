import { execFile } from 'node:child_process'
import { constants, createReadStream } from 'node:fs'
import { chown, copyFile, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { z } from 'zod'
import { convertDisk, NoRoom } from '@/lib/disks/convert'
import { inspectDisk } from '@/lib/disks/inspect'
import { openFileReader } from '@/lib/disks/reader'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { StoreFull } from '@/lib/stores/errors'
import { requireRoomIn } from '@/lib/stores/room'
import { NotRunning } from './errors'
import { readJournal } from './journal'
import { askKeeper } from './keeper-line'
import type { MachineSnapshot } from './machine'
import type { Built, MachineFolder } from './machine-folder'

const run = promisify(execFile)

/** How much larger than the bytes in it a qcow2 is, by its tables, and its least size. */
const overhead = 1.02
const least = 8 * 2 ** 20

const job = z.object({
  id: z.string(),
  status: z.string(),
  'current-progress': z.number(),
  'total-progress': z.number(),
  error: z.string().optional(),
})
type Job = z.infer<typeof job>

const marker = z.union([
  z.object({ state: z.literal('ready'), size: z.number(), virtualSize: z.number(), settled: z.boolean() }),
  z.object({
    state: z.literal('failed'),
    code: z.enum(['STORE_FULL', 'SNAPSHOT_FAULT']),
    detail: z.string().optional(),
  }),
])

export type SnapshotPlace = { folder: MachineFolder; built: Built; base: string; reserveMin: number }

type Converting = { stop: AbortController; done: number }

/**
 * Snapshots of the disks of machines. QEMU mirrors a running machine's disk to a file beside it, which never disturbs
 * the guest, whatever happens to the target (a backup job would stop it); the snapshot is of the moment at which the
 * mirror ends. The disk of a stopped machine is copied and flattened. QEMU's output is moved out of its reach and
 * inspected before anything reads it.
 */
export class QemuSnapshots {
  private readonly converting = new Map<string, Converting>()

  async begin(place: SnapshotPlace, name: string): Promise<void> {
    if ((await this.state(place, name)).state !== 'absent') return
    await this.requireRoom(place)
    if (await isAlive(place)) await beginMirror(place, name)
    else this.beginConversion(place, name)
  }

  async state(place: SnapshotPlace, name: string): Promise<MachineSnapshot> {
    const marked = await readMarker(place, name)
    if (marked) return marked
    const converting = this.converting.get(name)
    if (converting) return { state: 'running', done: converting.done, total: place.built.diskBytes }
    const found = await findJob(place, name)
    return found ? await carryOn(place, found) : { state: 'absent' }
  }

  async read(place: SnapshotPlace, name: string): Promise<Readable> {
    return createReadStream(bytesOf(place, name))
  }

  async forget(place: SnapshotPlace, name: string): Promise<void> {
    this.converting.get(name)?.stop.abort()
    const found = await findJob(place, name)
    if (found && found.status !== 'concluded')
      await ask(place, 'block-job-cancel', { device: name, force: true }).catch(() => {})
    if (found) await dismiss(place, name)
    for (const file of [markerOf(place, name), bytesOf(place, name), targetOf(place, name), overlayOf(place, name)])
      await rm(file, { force: true })
  }

  async list({ folder }: { folder: MachineFolder }): Promise<string[]> {
    const names = await Promise.all([folder.keeper, folder.machine].map((each) => readdir(each).catch(() => [])))
    return [...new Set(names.flat().flatMap((file) => /^(snap-[a-z0-9]+)\./.exec(file)?.[1] ?? []))]
  }

  private async requireRoom({ folder, built, reserveMin }: SnapshotPlace): Promise<void> {
    const { size } = await stat(path.join(folder.machine, 'disk.qcow2'))
    const bytes = Math.min(size + built.base.size, built.diskBytes) * overhead + least
    await requireRoomIn({ folder: folder.folder, reserveMin }, bytes)
  }

  private beginConversion(place: SnapshotPlace, name: string): void {
    const stop = new AbortController()
    const mine: Converting = { stop, done: 0 }
    this.converting.set(name, mine)
    flatten(place, name, mine)
      .catch(async (error) => {
        if (!stop.signal.aborted) await mark(place, name, failureOf(error))
      })
      .catch(() => {})
      .finally(() => this.converting.delete(name))
  }
}

const bytesOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.keeper, `${name}.qcow2`)
const markerOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.keeper, `${name}.json`)
const overlayOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.keeper, `${name}.overlay`)
const targetOf = ({ folder }: SnapshotPlace, name: string) => path.join(folder.machine, `${name}.qcow2`)
const nodeOf = (name: string) => `to-${name}`

async function ask({ folder }: SnapshotPlace, execute: string, args: object = {}): Promise<unknown> {
  return await askKeeper(folder.keeper, execute, args)
}

async function isAlive(place: SnapshotPlace): Promise<boolean> {
  try {
    await ask(place, 'status')
    return true
  } catch (error) {
    if (error instanceof NotRunning) return false
    throw error
  }
}

async function findJob(place: SnapshotPlace, name: string): Promise<Job | null> {
  try {
    const jobs = z.array(job).parse(await ask(place, 'query-jobs'))
    return jobs.find(({ id }) => id === name) ?? null
  } catch (error) {
    if (error instanceof NotRunning) return null
    throw error
  }
}

/**
 * Makes QEMU mirror the disk to a new file. The file is created out of the guest's reach, so that no link can redirect
 * us.
 */
async function beginMirror(place: SnapshotPlace, name: string): Promise<void> {
  const { built } = place
  const fresh = `${bytesOf(place, name)}.new`
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', fresh, String(built.diskBytes)])
  await chown(fresh, built.uid, built.uid)
  await rename(fresh, targetOf(place, name))
  const node = nodeOf(name)
  await ask(place, 'blockdev-del', { 'node-name': node }).catch(() => {})
  const file = { driver: 'file', filename: path.basename(targetOf(place, name)) }
  await ask(place, 'blockdev-add', { driver: 'qcow2', 'node-name': node, file })
  await ask(place, 'blockdev-mirror', {
    ...{ 'job-id': name, device: 'disk', target: node, sync: 'full' },
    ...{ 'auto-dismiss': false, 'on-source-error': 'report', 'on-target-error': 'report' },
  })
}

/** Ends a mirror that has caught up, which is the moment of the snapshot; takes the file of one that has ended. */
async function carryOn(place: SnapshotPlace, { id: name, status, error, ...progress }: Job): Promise<MachineSnapshot> {
  if (status === 'ready') await ask(place, 'block-job-cancel', { device: name })
  if (status === 'concluded') {
    await ask(place, 'blockdev-del', { 'node-name': nodeOf(name) }).catch(() => {})
    await mark(place, name, error === undefined ? await take(place, name).catch(failureOf) : failureOf(error))
    await rm(targetOf(place, name), { force: true })
    await dismiss(place, name)
    return (await readMarker(place, name)) ?? { state: 'absent' }
  }
  return { state: 'running', done: progress['current-progress'], total: progress['total-progress'] }
}

/** Forgets a job that has ended or is about to, and its target. */
async function dismiss(place: SnapshotPlace, name: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const found = await findJob(place, name)
    if (!found) break
    if (found.status === 'concluded') await ask(place, 'job-dismiss', { id: name }).catch(() => {})
    else await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await ask(place, 'blockdev-del', { 'node-name': nodeOf(name) }).catch(() => {})
}

/** Copies QEMU's output to where only we write, and inspects it like an uploaded disk. */
async function take(place: SnapshotPlace, name: string): Promise<MachineSnapshot> {
  await copyFromMachine(place, targetOf(place, name), bytesOf(place, name))
  return await inspected(place, name)
}

async function inspected(place: SnapshotPlace, name: string): Promise<MachineSnapshot> {
  const file = bytesOf(place, name)
  const reader = await openFileReader(file)
  try {
    const found = await inspectDisk(reader)
    if (!found.ok) throw new Error(`The snapshot is no sound disk: ${found.reason}.`)
    const { format, virtualSize } = found.disk
    if (format !== 'qcow2' || virtualSize !== place.built.diskBytes) throw new Error(`The snapshot is another disk.`)
    return { state: 'ready', size: reader.size, virtualSize, settled: false }
  } finally {
    await reader.close()
  }
}

/** Copies a file of the machine's own user: never by a link, and only where it is that user's. */
async function copyFromMachine({ built }: SnapshotPlace, from: string, to: string): Promise<void> {
  const handle = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const found = await handle.stat()
    if (!found.isFile() || found.uid !== built.uid) throw new Error(`${path.basename(from)} is not the machine's.`)
    await rm(to, { force: true })
    await copyFile(`/proc/self/fd/${handle.fd}`, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  } finally {
    await handle.close()
  }
}

/** Merges the disk of a stopped machine with its base into one. */
async function flatten(place: SnapshotPlace, name: string, mine: Converting): Promise<void> {
  const { folder, built, base } = place
  const overlay = overlayOf(place, name)
  try {
    const before = (await readJournal(folder.keeper))?.start
    await copyFromMachine(place, path.join(folder.machine, 'disk.qcow2'), overlay)
    // Started meanwhile: the copy may mix two moments. The next request makes a mirror.
    if ((await isAlive(place)) || (await readJournal(folder.keeper))?.start !== before) return
    const reader = await openFileReader(overlay)
    const found = await inspectDisk(reader).finally(() => reader.close())
    if (!found.ok || found.disk.format !== 'qcow2') throw new Error('The disk of the machine is no sound qcow2.')
    const fresh = `${bytesOf(place, name)}.new`
    const end = await convertDisk({
      ...{ from: overlay, format: 'qcow2', backing: { file: base, format: built.base.format }, to: fresh },
      sizeMax: Math.ceil(built.diskBytes * overhead) + least,
      signal: mine.stop.signal,
      onProgress: (percent) => {
        mine.done = Math.floor((built.diskBytes * percent) / 100)
      },
    })
    if (!end.ok) throw new Error(`The disk could not be read: ${end.reason}.`)
    await rename(fresh, bytesOf(place, name))
    await mark(place, name, await inspected(place, name))
  } finally {
    await rm(overlay, { force: true })
  }
}

function failureOf(error: unknown): MachineSnapshot {
  const said = error instanceof Error ? error.message : String(error)
  const isFull = error instanceof NoRoom || error instanceof StoreFull || isErrnoCode(error, 'ENOSPC')
  if (isFull || /No space left|File too large/.test(said)) return { state: 'failed', code: 'STORE_FULL' }
  return { state: 'failed', code: 'SNAPSHOT_FAULT', detail: said }
}

/** Records the outcome. The bytes come first, so a ready snapshot is complete. */
async function mark(place: SnapshotPlace, name: string, how: MachineSnapshot): Promise<void> {
  const file = markerOf(place, name)
  await writeFile(`${file}.new`, JSON.stringify(how), { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

async function readMarker(place: SnapshotPlace, name: string): Promise<MachineSnapshot | null> {
  try {
    return marker.parse(JSON.parse(await readFile(markerOf(place, name), 'utf8')))
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  }
}
