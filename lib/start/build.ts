import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { readIfThere } from '../embedded/data-folder'
import { currentCommit } from './commit'
import { run } from './run'
import { inTurn } from './turn.mjs'

const sources = ['app', 'components', 'lib', 'public', 'prisma/schema.prisma', 'instrumentation.ts']
const settings = ['next.config.js', 'package.json', 'package-lock.json', 'tsconfig.json']
/** Files that no page can import: a change in them needs no new build. */
const apart = /^lib\/(start|bench|admin|package)\/|\.test\.ts$/
export const next = 'node_modules/next/dist/bin/next'

/** The arguments to Node that serve the build of NEXT_DIST_DIR. */
export function serverAt(host: string, port: number, { isDevelopment = false } = {}): string[] {
  return ['lib/start/server.mjs', '--hostname', host, '--port', String(port), ...(isDevelopment ? ['--dev'] : [])]
}

export function buildFolder(): string {
  return process.env.NEXT_DIST_DIR || '.next'
}

/** Builds the console into a folder, unless its build is of the same sources, or there are no sources. */
export async function build(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (isPackage() || isBuilt(folder)) return
  await inTurn(`build${folder}`, async () => {
    if (isBuilt(folder)) return
    console.log('Building the console (a minute or so, and again only when its sources change) …')
    for (const old of [stamp(folder), path.join(folder, 'BUILD_ID')]) fs.rmSync(old, { force: true })
    const sum = sourcesSum()
    const own = {
      NODE_ENV: 'production',
      NEXT_DIST_DIR: folder,
      ECS_BUILD: sum.slice(0, 16),
      ECS_COMMIT: currentCommit(),
    } as const
    await run([next, 'build'], { ...env, ...own, NEXT_TELEMETRY_DISABLED: '1' })
    if (!hasBuild(folder)) throw new Error('next build ended without a build.')
    fs.writeFileSync(stamp(folder), sum)
  })
}

function isPackage(): boolean {
  return !fs.existsSync('app')
}

function isBuilt(folder: string): boolean {
  return hasBuild(folder) && readIfThere(stamp(folder)) === sourcesSum()
}

function hasBuild(folder: string): boolean {
  return fs.existsSync(path.join(folder, 'BUILD_ID'))
}

function stamp(folder: string): string {
  return path.join(folder, 'ecs-console-sources')
}

function sourcesSum(): string {
  const sum = createHash('sha256').update(process.version)
  for (const file of [...sources.flatMap(filesBelow), ...settings]) {
    if (apart.test(file)) continue
    sum.update(`\0${file}\0`).update(readIfThere(file) ?? '')
  }
  return sum.digest('hex')
}

function filesBelow(source: string): string[] {
  if (!fs.statSync(source, { throwIfNoEntry: false })?.isDirectory()) return [source]
  const entries = fs.readdirSync(source, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}
