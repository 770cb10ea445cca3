import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { machineSettings } from './settings'

const fileOf = () => path.join(machineSettings().folder, 'host')

/** The id of this host, stored in the folder of its machines, because a container's host name changes with each start. Null before it had one. */
export async function readHostId(): Promise<string | null> {
  try {
    return (await readFile(fileOf(), 'utf8')).trim()
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  }
}

/** Gives this host an id, in the place of the one that it has. */
export async function writeHostId(id: string): Promise<void> {
  await mkdir(machineSettings().folder, { recursive: true, mode: 0o700 })
  await writeFile(fileOf(), `${id}\n`, { mode: 0o600 })
}
