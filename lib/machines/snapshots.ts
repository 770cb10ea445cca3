import { createReadStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { convertDisk } from '@/lib/disks/convert'
import { inspectDisk } from '@/lib/disks/inspect'
import { openFileReader } from '@/lib/disks/reader'
import { requireRoomIn } from '@/lib/stores/room'
import { NotRunning } from './errors'
import { readJournal } from './journal'
import { askKeeper } from './keeper-line'
import type { MachineSnapshot } from './machine'
import { beginMirror, cancelMirror, carryMirrorOn, fileTarget, type MirrorTarget } from './mirror'
import {
  bytesOf,
  copyFromMachine,
  failureOf,
  inspected,
  mark,
  overlayOf,
  readMarker,
  type SnapshotPlace,
} from './snapshot-files'

/** Maximum ratio of a qcow2 file to its content, because of the tables, and its minimum size. */
const overhead = 1.02
const least = 8 * 2 ** 20

type Converting = { stop: AbortController; done: number }

/**
 * Snapshots of machines' disks. For a running machine QEMU mirrors the disk to a file beside it. The snapshot is of the moment at which
 * the mirror ends. A mirror never disturbs the guest, whatever happens to the target; a backup job would stop it. A stopped machine's
 * disk is copied and flattened. QEMU's output is moved out of its reach and inspected before anything reads it.
 */
export class QemuSnapshots {
  private readonly converting = new Map<string, Converting>()

  constructor(private readonly target: MirrorTarget = fileTarget) {}

  async begin(place: SnapshotPlace, name: string): Promise<void> {
    if ((await this.state(place, name)).state !== 'absent') return
    const isMirror = await isAlive(place)
    await this.requireRoom(place, isMirror)
    if (isMirror) await beginMirror(place, name, this.target)
    else this.beginConversion(place, name)
  }

  async state(place: SnapshotPlace, name: string): Promise<MachineSnapshot> {
    const marked = await readMarker(place, name)
    if (marked) return marked
    const converting = this.converting.get(name)
    if (converting) return { state: 'running', done: converting.done, total: place.built.diskBytes }
    return (await carryMirrorOn(place, name)) ?? { state: 'absent' }
  }

  async read(place: SnapshotPlace, name: string): Promise<Readable> {
    return createReadStream(bytesOf(place, name))
  }

  async forget(place: SnapshotPlace, name: string): Promise<void> {
    this.converting.get(name)?.stop.abort()
    await cancelMirror(place, name)
    for (const folder of foldersOf(place))
      for (const file of await filesIn(folder))
        if (file.startsWith(`${name}.`)) await rm(path.join(folder, file), { force: true })
  }

  async list(place: Pick<SnapshotPlace, 'folder'>): Promise<string[]> {
    const names = await Promise.all(foldersOf(place).map(filesIn))
    return [...new Set(names.flat().flatMap((file) => /^(snap-[a-z0-9]+)\./.exec(file)?.[1] ?? []))]
  }

  /** Throws `StoreFull` unless there is room for the largest possible snapshot: a full disk would pause the guests. */
  private async requireRoom({ folder, built, reserveMin }: SnapshotPlace, isMirror: boolean): Promise<void> {
    const { size } = await stat(path.join(folder.machine, 'disk.qcow2'))
    const whole = Math.min(size + built.base.size, built.diskBytes) * overhead + least
    // A mirror is copied once more, out of QEMU's reach; a stopped machine's overlay is copied before it is flattened.
    await requireRoomIn({ folder: folder.folder, reserveMin }, whole + (isMirror ? whole : size))
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

const foldersOf = ({ folder }: Pick<SnapshotPlace, 'folder'>) => [folder.keeper, folder.machine]

async function filesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}

async function isAlive(place: SnapshotPlace): Promise<boolean> {
  try {
    await askKeeper(place.folder.keeper, 'status')
    return true
  } catch (error) {
    if (error instanceof NotRunning) return false
    throw error
  }
}

async function flatten(place: SnapshotPlace, name: string, mine: Converting): Promise<void> {
  const { folder, built, base } = place
  const overlay = overlayOf(place, name)
  try {
    const before = (await readJournal(folder.keeper))?.start
    await copyFromMachine(place, 'disk.qcow2', overlay)
    // It was started meanwhile, so the copy may mix two states. The next request makes a mirror.
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
    await mark(place, name, await inspected(place, name, false))
  } finally {
    await rm(overlay, { force: true })
  }
}
