import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { NotRunning } from './errors'
import { askKeeper } from './keeper-line'
import type { MachineFolder } from './machine-folder'

const pictureMost = 32 * 2 ** 20

/** Keeps what the screen shows, for when there is none any more. */
export async function keepPicture(place: MachineFolder): Promise<void> {
  try {
    await askKeeper(place.keeper, 'screendump', { filename: 'screen.png', format: 'png' })
  } catch (error) {
    if (error instanceof NotRunning) return
    throw error
  }
  const built = await place.built()
  const picture = built && (await place.readFromMachine('screen.png', built.uid, pictureMost))
  if (!picture) return
  const file = path.join(place.keeper, 'screen.png')
  await writeFile(`${file}.new`, picture, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** The screen of now, else the last one that was kept; null where there is none. */
export async function readPicture(place: MachineFolder): Promise<Buffer | null> {
  await keepPicture(place)
  return await readFile(path.join(place.keeper, 'screen.png')).catch((error) => {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  })
}
