import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'

/** Memory, and a real file system in a file, whose blocks, journal and names take space. */
export const smallDisks = ['tmpfs', 'ext4'] as const
export type SmallDiskKind = (typeof smallDisks)[number]

export type SmallDisk = {
  folder: string
  isThere: boolean
  note: string
  freeMib(): Promise<number>
  fill(): () => Promise<void>
  end(): void
}

const mib = 2 ** 20

/** A file system of some MiB, mounted in a temporary folder. Only root can mount, and not in every container. */
export function smallDisk(kind: SmallDiskKind, sizeMib: number): SmallDisk {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-small-'))
  const folder = path.join(place, 'disk')
  fs.mkdirSync(folder)
  const isThere = kind === 'tmpfs' ? mountMemory(folder, sizeMib) : mountFile(folder, sizeMib)
  if (isThere) fs.chmodSync(folder, 0o755)
  return {
    folder,
    isThere,
    note: isThere ? '' : ` (skipped: ${kind} cannot be mounted here)`,
    freeMib: async () => {
      const { bavail, bsize } = await statfs(folder)
      return (bavail * bsize) / mib
    },
    fill: () => fill(folder),
    end: () => {
      if (isThere && !hasRun('umount', [folder])) hasRun('umount', ['-l', folder])
      fs.rmSync(place, { recursive: true, force: true })
    },
  }
}

function mountMemory(folder: string, sizeMib: number): boolean {
  return hasRun('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'none', folder])
}

// No blocks reserved for root, who runs the tests and fills the disk.
function mountFile(folder: string, sizeMib: number): boolean {
  const file = `${folder}.img`
  fs.closeSync(fs.openSync(file, 'w'))
  fs.truncateSync(file, sizeMib * mib)
  return hasRun('mkfs.ext4', ['-q', '-m', '0', file]) && hasRun('mount', ['-o', 'loop', file, folder])
}

function hasRun(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

let fillers = 0

// Synchronous, so that this process cannot free space meanwhile, part of which it would take.
function fill(folder: string): () => Promise<void> {
  const name = path.join(folder, `others-${fillers++}`)
  const file = fs.openSync(name, 'w')
  for (const bytes of [mib, 4096, 1]) writeUntilFull(file, Buffer.alloc(bytes, 'x'))
  fs.closeSync(file)
  return async () => await rm(name)
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) fs.writeSync(file, piece)
  } catch (error) {
    if (!isErrnoCode(error, 'ENOSPC')) throw error
  }
}
