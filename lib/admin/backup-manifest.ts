import 'server-only'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { isErrnoCode, StartError } from '@/lib/embedded/data-folder'
import { renameDurably, writeDurably } from '@/lib/stores/durable'

// A backup folder: manifest.json, written last, makes the backup valid; database-<time>/ has a file for each table;
// blobs/<region>/ has the bytes under their store keys; machines/ has the files of stopped instances under their checksums.

const name = z.string().regex(/^\w+$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const instanceId = z.string().regex(/^ins-[a-z0-9]+$/)
const of = { id: instanceId, state: z.string() }
/** Why the disk of a stopped instance is missing. */
const problem = z.string().optional()
const instance = z.discriminatedUnion('kept', [
  z.object({
    ...of,
    kept: z.literal('disk'),
    build: z.string(),
    /** Changes whenever its files change. */
    stamp: z.string(),
    files: z.array(z.object({ name: z.string(), size: z.number().int().min(0), sha256 })),
  }),
  z.object({ ...of, kept: z.literal('snapshot'), snapshotId: z.string(), takenAt: z.iso.datetime(), problem }),
  z.object({ ...of, kept: z.literal('nothing'), problem }),
])

const manifest = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  versions: z.object({ console: z.string(), postgres: z.string() }),
  migrations: z.array(name),
  database: z.string().regex(/^database-[\w-]+$/),
  /** Referenced tables come first. */
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
  /** The host of the instances. Older backups lack it. */
  host: z.string().nullable().default(null),
  instances: z.array(instance).default([]),
})

export type Manifest = z.infer<typeof manifest>
export type TableDump = Manifest['tables'][number]
export type SequenceDump = Manifest['sequences'][number]
export type BlobDump = Manifest['blobs'][number]
export type InstanceDump = Manifest['instances'][number]
export type FileDump = Extract<InstanceDump, { kept: 'disk' }>['files'][number]

const file = 'manifest.json'

/** Whether an entry of a folder belongs to a backup. A folder with any other entry is not used for one. */
export const isOfBackup = (entry: string) => /^(manifest\.json(\.new)?|blobs|machines|database-[\w-]+)$/.test(entry)

export function backupFolder(typed: string): string {
  // npm changes to the project's folder, so resolve a relative path from the folder where npm was called.
  const isFromNpm = process.env.npm_lifecycle_event === 'admin' && process.env.INIT_CWD
  return path.resolve(isFromNpm || '.', typed)
}

export function tableFile(folder: string, { database }: Pick<Manifest, 'database'>, table: string): string {
  return path.join(folder, database, `${table}.copy`)
}

/** The folder of a backup with the files of machines. */
export const machinesFolder = (folder: string) => path.join(folder, 'machines')

/** Makes the backup valid. Until then the previous one stays valid. */
export async function writeManifest(folder: string, content: Manifest): Promise<void> {
  const to = path.join(folder, file)
  async function* text() {
    yield Buffer.from(`${JSON.stringify(content, null, 1)}\n`)
  }
  await writeDurably(`${to}.new`, text())
  await renameDurably(`${to}.new`, to)
}

/** Reads the manifest of a folder. Throws a sentence if it has no usable backup. */
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
