import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { NotRunning } from './errors'
import { askKeeper } from './keeper-line'
import type { MachineFolder } from './machine-folder'

const pictureMost = 32 * 2 ** 20

/** Saves the screen's picture for after the machine's end. */
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

/** The current screen, else the last saved one; null without either. */
export async function readPicture(place: MachineFolder): Promise<Buffer | null> {
  await keepPicture(place)
  return await readFile(path.join(place.keeper, 'screen.png')).catch((error) => {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  })
}
