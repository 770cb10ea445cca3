import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const moduleBytesMax = 64 * 2 ** 20
/** Compression of modules in distributions, and the program that unpacks each. */
const unpackers: Record<string, string> = { '.gz': 'gzip', '.xz': 'xz', '.zst': 'zstd' }

export type KernelModule = { name: string; bytes: Buffer }

/**
 * Reads kernel modules and their dependencies, in the order of loading. A module that is not in the folder is left out: it is built
 * into the kernel, or the kernel works without it.
 */
export async function readModules(folder: string, names: readonly string[]): Promise<KernelModule[]> {
  const files = await moduleFiles(folder)
  const found = new Map<string, KernelModule>()
  const add = async (name: string): Promise<void> => {
    const file = files.get(name)
    if (!file || found.has(name)) return
    const bytes = await unpacked(file)
    for (const needed of neededBy(bytes)) await add(needed)
    found.set(name, { name, bytes })
  }
  for (const name of names) await add(name)
  return [...found.values()]
}

/** Modules by their kernel names, which have underscores. */
async function moduleFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true })
  return new Map(
    entries.flatMap((entry) => {
      const name = /^(.+)\.ko(?:\.\w+)?$/.exec(path.basename(entry))?.[1]
      return name ? [[name.replaceAll('-', '_'), path.join(folder, entry)]] : []
    }),
  )
}

async function unpacked(file: string): Promise<Buffer> {
  const unpacker = unpackers[path.extname(file)]
  if (!unpacker) return await readFile(file)
  const { stdout } = await run(unpacker, ['-dc', file], { encoding: 'buffer', maxBuffer: moduleBytesMax })
  return stdout
}

/** A module's `.modinfo` section is a list of zero-terminated fields. */
function neededBy(module: Buffer): string[] {
  const field = /\0depends=([\w,-]*)\0/.exec(module.toString('latin1'))?.[1] ?? ''
  return field.split(',').flatMap((name) => (name === '' ? [] : [name.replaceAll('-', '_')]))
}
