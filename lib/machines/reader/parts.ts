import { access, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** The parts of the reader machine: files of Debian's packages linux-image-… and busybox-static. */
export type ReaderParts = { kernel: string; modules: string; busybox: string }

const programHeaderInterpreter = 3

/**
 * Looks for a kernel with its modules and a static busybox below a folder: `/` for installed ones, or a folder with unpacked packages.
 * Prefers a cloud kernel, then the newest. Null if a part is missing.
 */
export async function findParts(root: string): Promise<ReaderParts | null> {
  const busybox = await firstStatic([path.join(root, 'bin/busybox'), path.join(root, 'usr/bin/busybox')])
  const names = await readdir(path.join(root, 'boot')).catch(() => [])
  const kernels = names.filter((name) => name.startsWith('vmlinuz-')).sort(byPreference)
  for (const name of kernels) {
    const kernel = path.join(root, 'boot', name)
    const modules = await firstThere(
      ['lib', 'usr/lib'].map((lib) => path.join(root, lib, 'modules', name.slice('vmlinuz-'.length), 'kernel')),
    )
    if (busybox && modules && (await isReadable(kernel))) return { kernel, modules, busybox }
  }
  return null
}

function byPreference(one: string, other: string): number {
  const isCloud = (name: string) => Number(name.includes('-cloud-'))
  return isCloud(other) - isCloud(one) || other.localeCompare(one, 'en', { numeric: true })
}

async function firstThere(files: string[]): Promise<string | null> {
  for (const file of files) if (await isReadable(file)) return file
  return null
}

async function isReadable(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}

// A dynamically linked busybox would need libraries that the initrd lacks.
async function firstStatic(files: string[]): Promise<string | null> {
  for (const file of files) {
    const bytes = await readFile(file).catch(() => null)
    if (bytes && isStatic(bytes)) return file
  }
  return null
}

function isStatic(program: Buffer): boolean {
  if (program.length < 64 || program.toString('latin1', 0, 4) !== '\x7fELF' || program[4] !== 2) return false
  const start = Number(program.readBigUInt64LE(32))
  const size = program.readUInt16LE(54)
  for (let index = 0; index < program.readUInt16LE(56); index += 1) {
    const at = start + index * size
    if (at + 4 > program.length || program.readUInt32LE(at) === programHeaderInterpreter) return false
  }
  return true
}
