import 'server-only'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { isErrnoCode, StartError } from '@/lib/embedded/data-folder'
import { renameDurably, writeDurably } from '@/lib/stores/durable'

// A folder with a backup: manifest.json, which is written last and so stands for all of it; database-<time>/ with a file
// for each table; blobs/<region>/ with the bytes under the keys that they have in the stores.

const name = z.string().regex(/^\w+$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const manifest = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  versions: z.object({ console: z.string(), postgres: z.string() }),
  /** What the tables were made by; they are made by the same again before their rows come. */
  migrations: z.array(name),
  /** The folder of the tables. */
  database: z.string().regex(/^database-[\w-]+$/),
  /** In an order in which no row comes before what it refers to. */
  tables: z.array(z.object({ name, columns: z.array(name), rows: z.number().int(), sha256 })),
  sequences: z.array(z.object({ name, last: z.string().regex(/^\d+$/), isCalled: z.boolean() })),
  blobs: z.array(
    z.object({
      id: z.string().regex(/^[a-z0-9-]+$/),
      region: z.string().regex(/^[a-z0-9-]+$/),
      sha256,
      size: z.number().int().min(0),
    }),
  ),
})

export type Manifest = z.infer<typeof manifest>
export type TableDump = Manifest['tables'][number]
export type SequenceDump = Manifest['sequences'][number]
export type BlobDump = Manifest['blobs'][number]

const file = 'manifest.json'

/** What a folder of backups holds; another thing in it means that it is another folder. */
export const isOfBackup = (entry: string) => /^(manifest\.json(\.new)?|blobs|database-[\w-]+)$/.test(entry)

/** The folder that was typed at the command line. */
export function backupFolder(typed: string): string {
  // npm changes to the project's folder, so a relative path is meant from where npm was called.
  const isFromNpm = process.env.npm_lifecycle_event === 'admin' && process.env.INIT_CWD
  return path.resolve(isFromNpm || '.', typed)
}

export function tableFile(folder: string, { database }: Pick<Manifest, 'database'>, table: string): string {
  return path.join(folder, database, `${table}.copy`)
}

/** Says that the backup is whole. Until then what was there before counts. */
export async function writeManifest(folder: string, content: Manifest): Promise<void> {
  const to = path.join(folder, file)
  async function* text() {
    yield Buffer.from(`${JSON.stringify(content, null, 1)}\n`)
  }
  await writeDurably(`${to}.new`, text())
  await renameDurably(`${to}.new`, to)
}

/** What the backup in a folder holds, or a sentence about why there is none that can be used. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(path.join(folder, file), 'utf8').catch((error) => {
    if (!isErrnoCode(error, 'ENOENT')) throw error
    throw new StartError(`${folder} holds no whole backup: it has no ${file}.`)
  })
  const parsed = manifest.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new StartError(`${path.join(folder, file)} is not one that this version of the console can read.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
