import { chown, type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { requireRoomIn } from '@/lib/stores/room'
import { Unreadable } from './errors'
import { readJournal } from './journal'
import type { SavedBytes, SavedMachine } from './machine'
import { filesOf, freeUid, MachineFolder, type SavedRecord, savedRecord } from './machine-folder'
import type { MachineSettings } from './settings'

const record = 'built.json'
const recordMost = 64 * 1024

type Opened = { name: string; handle: FileHandle; size: number; changed: bigint }

/**
 * Opens the files of a machine that is not running. It takes no lock, so a tenant can start the machine meanwhile; `isStill` detects
 * that, and then what was read must be discarded. Every failure is `Unreadable`.
 */
export async function openSaved(place: MachineFolder, isAlive: () => Promise<boolean>): Promise<SavedMachine | null> {
  return await readable(place, () => openFiles(place, isAlive))
}

async function openFiles(place: MachineFolder, isAlive: () => Promise<boolean>): Promise<SavedMachine | null> {
  const built = await place.built()
  if (!built || (await isAlive())) return null
  const start = (await readJournal(place.keeper))?.start
  const [handles, opened]: [FileHandle[], Opened[]] = [[], []]
  const close = async () => {
    for (const handle of handles) await handle.close()
  }
  try {
    for (const name of filesOf(built)) {
      const handle = await place.openFromMachine(name, built.uid)
      if (!handle) throw new Unreadable(`${name} of ${path.basename(place.folder)} cannot be read.`)
      handles.push(handle)
      const { size, ctimeNs } = await handle.stat({ bigint: true })
      opened.push({ name, handle, size: Number(size), changed: ctimeNs })
    }
  } catch (error) {
    await close()
    // It was removed or rebuilt meanwhile.
    if ((await place.built())?.build !== built.build) return null
    throw error
  }
  const text = Buffer.from(JSON.stringify(savedRecord.parse(built)))
  return {
    build: built.build,
    stamp: opened.map(({ name, size, changed }) => `${name} ${size} ${changed}`).join(' '),
    files: [
      { name: record, size: text.length, read: () => Readable.from([text]) },
      ...opened.map(({ name, size, handle }) => ({ name, size, read: () => readFrom(handle, size) })),
    ],
    isStill: () =>
      readable(place, async () => {
        const now = await place.built()
        if (now?.build !== built.build || (await isAlive())) return false
        // A keeper records its start before it starts the machine.
        return (await readJournal(place.keeper))?.start === start
      }),
    close,
  }
}

async function readable<T>(place: MachineFolder, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Unreadable) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new Unreadable(`${path.basename(place.folder)} cannot be read: ${reason}`, { cause: error })
  }
}

/**
 * Restores a machine from saved files, all or nothing, replacing the one with its id, which must not run. Throws unless they are
 * exactly the files that it needs.
 */
export async function putBackMachine(settings: MachineSettings, id: string, files: SavedBytes[]): Promise<void> {
  const { folder, reserveMin, firstUid } = settings
  const place = new MachineFolder(folder, id)
  const own = process.getuid?.() ?? 0
  const saved = await readRecord(id, files)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await requireRoomIn(
    { folder, reserveMin },
    files.reduce((sum, { size }) => sum + size, 0),
  )
  // Root assigns each machine its own user.
  const uid = own === 0 ? await freeUid(folder, firstUid) : own
  const next = await place.begin()
  try {
    for (const { name, read } of files) if (name !== record) await write(path.join(next, name), await read(), uid)
    await chown(next, uid, uid)
    await place.finishSaved(saved, uid)
  } catch (error) {
    await rm(next, { recursive: true, force: true })
    throw error
  }
}

async function readRecord(id: string, files: SavedBytes[]): Promise<SavedRecord> {
  const file = files.find(({ name }) => name === record)
  if (!file || file.size > recordMost) throw new Error(`${id} was saved without its record.`)
  const saved = savedRecord.parse(JSON.parse((await buffer(await file.read())).toString()))
  const needed = [record, ...filesOf(saved)]
  const other = files.find(({ name }) => !needed.includes(name))
  if (other) throw new Error(`${JSON.stringify(other.name)} is no file of ${id}.`)
  const missing = needed.find((name) => !files.some((each) => each.name === name))
  if (missing) throw new Error(`${id} was saved without its ${missing}.`)
  return saved
}

function readFrom(handle: FileHandle, size: number): Readable {
  if (size === 0) return Readable.from([])
  return handle.createReadStream({ start: 0, end: size - 1, autoClose: false, highWaterMark: 2 ** 20 })
}

async function write(file: string, bytes: Readable, uid: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    for await (const chunk of bytes) await handle.writeFile(chunk)
    await handle.chown(uid, uid)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
