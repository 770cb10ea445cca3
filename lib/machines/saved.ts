import { constants } from 'node:fs'
import { chown, type FileHandle, mkdir, open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { requireRoomIn } from '@/lib/stores/room'
import { Unreadable } from './errors'
import { readJournal } from './journal'
import type { SavedBytes, SavedMachine } from './machine'
import { freeUid, MachineFolder } from './machine-folder'
import type { MachineSettings } from './settings'

/** Of a machine's folder, what cannot be made again. */
const kept = ['disk.qcow2', 'seed.img', 'variables.fd']
const record = 'built.json'
const recordMost = 64 * 1024

type Opened = { name: string; handle: FileHandle; size: number; changed: bigint }

/**
 * Opens the files of a machine that does not run. It takes no lock, so a tenant can start it meanwhile: `isStill` finds that
 * out, and then what was read is thrown away.
 */
export async function openSaved(place: MachineFolder, isAlive: () => Promise<boolean>): Promise<SavedMachine | null> {
  const built = await place.built()
  if (!built || (await isAlive())) return null
  const start = (await readJournal(place.keeper))?.start
  const opened: Opened[] = []
  const close = async () => {
    for (const { handle } of opened) await handle.close()
  }
  try {
    for (const name of kept) {
      const file = await openOwn(path.join(/* turbopackIgnore: true */ place.machine, name), built.uid)
      if (file) opened.push({ name, ...file })
    }
  } catch (error) {
    await close()
    throw error
  }
  if (opened[0]?.name !== kept[0]) {
    await close()
    // It was terminated or built anew meanwhile.
    if ((await place.built())?.build !== built.build) return null
    throw new Unreadable(`The disk of ${path.basename(place.folder)} cannot be read.`)
  }
  // Each place gives it a user id of its own.
  const { uid, ...rest } = built
  const text = Buffer.from(JSON.stringify(rest))
  return {
    build: built.build,
    stamp: opened.map(({ name, size, changed }) => `${name} ${size} ${changed}`).join(' '),
    files: [
      { name: record, size: text.length, read: () => Readable.from([text]) },
      ...opened.map(({ name, size, handle }) => ({ name, size, read: () => readFrom(handle, size) })),
    ],
    isStill: async () => {
      const now = await place.built()
      if (now?.build !== built.build || (await isAlive())) return false
      // A keeper notes its start before the machine's.
      return (await readJournal(place.keeper))?.start === start
    },
    close,
  }
}

/** Builds a machine from saved files, all or nothing, in the place of the one of its id, which must not run. */
export async function putBackMachine(settings: MachineSettings, id: string, files: SavedBytes[]): Promise<void> {
  const { folder, reserveMin, firstUid } = settings
  const place = new MachineFolder(folder, id)
  const own = process.getuid?.() ?? 0
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await requireRoomIn(
    { folder, reserveMin },
    files.reduce((sum, { size }) => sum + size, 0),
  )
  // Root gives each machine a user of its own.
  const uid = own === 0 ? await freeUid(folder, firstUid) : own
  const next = await place.begin()
  let built: unknown = null
  for (const { name, size, read } of files) {
    if (name === record && size <= recordMost) built = JSON.parse((await buffer(await read())).toString())
    else if (kept.includes(name)) await write(path.join(next, name), await read(), uid)
    else throw new Error(`${JSON.stringify(name)} is no file of a machine.`)
  }
  await chown(next, uid, uid)
  if (!(await readdir(next)).includes('disk.qcow2')) throw new Error(`${id} was saved without its disk.`)
  await place.finishSaved(built, uid)
}

/** A file that the machine's own user made: never by a link, and only if it is that user's. */
async function openOwn(file: string, uid: number): Promise<Omit<Opened, 'name'> | null> {
  // A pipe in its place would be waited for.
  const how = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(file, how).catch(() => null)
  if (!handle) return null
  const found = await handle.stat({ bigint: true })
  if (found.isFile() && found.uid === BigInt(uid)) return { handle, size: Number(found.size), changed: found.ctimeNs }
  await handle.close()
  return null
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
