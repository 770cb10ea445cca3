import { createHash, randomUUID } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ArchiveEntry, cpioArchive } from '../cpio'
import { baseModules, guestFileSystems, guestInit, programs } from './guest'
import { type KernelModule, readModules } from './modules'
import type { ReaderParts } from './parts'

/** The files from which the reader machine boots. */
export type ReaderImage = { kernel: string; initrd: string }

/** No build takes this long: an older draft was left by a killed process. */
const draftMsMax = 60 * 60 * 1000

/**
 * Builds the initrd of the reader machine in a folder, and copies its kernel there. The machine's own user may read both. A build of
 * the same parts is reused; builds of other parts, and old drafts, are removed.
 */
export async function buildReader(parts: ReaderParts, folder: string): Promise<ReaderImage> {
  const name = await nameOf(parts)
  const place = path.join(folder, name)
  const image = { kernel: path.join(place, 'kernel'), initrd: path.join(place, 'initrd') }
  const before: string[] = await readdir(folder).catch(() => [])
  await removeLeft(folder, before)
  if (before.includes(name)) return image
  const draft = path.join(folder, `draft-${randomUUID()}`)
  await mkdir(draft, { recursive: true })
  try {
    await writeFile(path.join(draft, 'initrd'), cpioArchive(await initialFiles(parts)))
    await copyFile(parts.kernel, path.join(draft, 'kernel'))
    // A mode given at creation would be reduced by our umask.
    for (const file of ['initrd', 'kernel']) await chmod(path.join(draft, file), 0o644)
    await chmod(draft, 0o755)
    // Another process may have been faster; its build is identical.
    await rename(draft, place).catch(async (error) => {
      if (!(await readdir(folder)).includes(name)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  // A machine that is starting has these files open.
  const others = before.filter((other) => /^[0-9a-f]{16}$/.test(other))
  for (const other of others) await rm(path.join(folder, other), { recursive: true, force: true })
  return image
}

async function removeLeft(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((other) => other.startsWith('draft-'))) {
    const draft = path.join(folder, name)
    const { mtimeMs } = await stat(draft).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (Date.now() - mtimeMs > draftMsMax) await rm(draft, { recursive: true, force: true })
  }
}

async function nameOf({ kernel, modules, busybox }: ReaderParts): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([guestInit, guestFileSystems, modules]))
  for (const file of [kernel, busybox]) {
    const { size, mtimeMs } = await stat(file)
    hash.update(JSON.stringify([file, size, mtimeMs]))
  }
  return hash.digest('hex').slice(0, 16)
}

async function initialFiles({ modules, busybox }: ReaderParts): Promise<ArchiveEntry[]> {
  const folders = ['bin', 'dev', 'disk', 'modules']
  const links = programs.map((name) => ({ name: `bin/${name}`, kind: 'link', target: 'busybox' }) as const)
  const lists = new Map<string, KernelModule[]>([['base', await readModules(modules, baseModules)]])
  for (const { kind, modules: wanted } of guestFileSystems) lists.set(kind, await readModules(modules, wanted))
  const needed = new Map([...lists.values()].flat().map(({ name, bytes }) => [name, bytes]))
  const file = (name: string, bytes: Buffer) => ({ name, kind: 'program', bytes }) as const
  return [
    ...folders.map((name) => ({ name, kind: 'folder' }) as const),
    { name: 'dev/console', kind: 'device', major: 5, minor: 1 },
    file('init', Buffer.from(guestInit)),
    file('bin/busybox', await readFile(busybox)),
    ...links,
    ...[...needed].map(([name, bytes]) => file(`modules/${name}.ko`, bytes)),
    ...[...lists].map(([kind, list]) => file(`modules/${kind}`, Buffer.from(list.map(({ name }) => name).join('\n')))),
  ]
}
