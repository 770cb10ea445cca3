import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { migrate } from '../../prisma/migrate'
import { withDatabase } from '../db/beside'
import { startDatabase } from '../embedded/embedded'
import { onEnd } from '../start/ending'

/** How much is measured. The targets are for the defaults; smaller numbers test the benchmark itself. */
export type Sizes = { images: number; shares: number; requests: number; rounds: number }

/** The temporary folder, database and processes of a run, all removed at its end. */
export type Place = {
  sizes: Sizes
  isVerbose: boolean
  /** On the project's file system, so that packages can be hard-linked. */
  folder: string
  databaseUrl: string
  postgres: number
  environment: NodeJS.ProcessEnv
}

export async function makePlace(sizes: Sizes, isVerbose: boolean): Promise<Place> {
  const folder = fs.mkdtempSync(path.join(besideTheProject(), 'ecs-console-bench-'))
  onEnd(async () => fs.rmSync(folder, { recursive: true, force: true }))
  const starting = startDatabase(path.join(folder, 'database'))
  onEnd(() => starting.then((database) => database.stop()).catch(() => {}))
  const { url, pid } = await starting
  Object.assign(process.env, {
    DATABASE_URL: url,
    ECS_DATA_DIR: path.join(folder, 'data'),
    NEXTAUTH_SECRET: randomBytes(32).toString('base64url'),
    NEXTAUTH_URL: 'http://127.0.0.1',
    ECS_MACHINE_EMULATION: 'allow',
  })
  await migrate(url)
  const environment = { ...process.env, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1' }
  return { sizes, isVerbose, folder, databaseUrl: url, postgres: pid, environment }
}

// Hard links do not cross file systems, and the system's temporary folder is often another one.
function besideTheProject(): string {
  const project = fs.statSync('.').dev
  const temporary = os.tmpdir()
  return fs.statSync(temporary).dev === project ? temporary : path.resolve('..')
}

export async function makeDatabase(place: Place, name: string): Promise<string> {
  const url = withDatabase(place.databaseUrl, name)
  await migrate(url)
  return url
}

export async function withClients<T>(url: string, count: number, work: (clients: pg.Client[]) => Promise<T>) {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: url }))
  try {
    for (const client of clients) await client.connect()
    return await work(clients)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

export function tell(sentence: string): void {
  console.error(sentence)
}
