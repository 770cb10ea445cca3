import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { makeFolder, renameDurably, writeDurably } from '@/lib/stores/durable'
import { machineSettings } from './settings'

/** The file with the id of this host. */
export const hostIdFile = () => path.join(machineSettings().folder, 'host')

/**
 * The id of this host; null before it has one. It is stored in the folder of its machines, because a container's host name changes with
 * each start.
 */
export async function readHostId(): Promise<string | null> {
  try {
    return (await readFile(hostIdFile(), 'utf8')).trim() || null
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  }
}

/** Replaces this host's id. If interrupted, the host has either the old or the new one. */
export async function writeHostId(id: string): Promise<void> {
  const next = `${hostIdFile()}.new`
  await makeFolder(machineSettings().folder)
  await writeDurably(next, Readable.from([Buffer.from(`${id}\n`)]))
  await renameDurably(next, hostIdFile())
}
