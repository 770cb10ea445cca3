import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { next } from '../start/build'
import { type Place, tell } from './place'
import { runProgram } from './programs'

const sources = ['app', 'components', 'lib', 'prisma', 'public', 'instrumentation.ts']
const settings = ['next.config.js', 'package.json', 'package-lock.json', 'tsconfig.json']

/** The files of the Custom Images page, from the outermost layout on. */
const listPage = ['', '[region]/', '[region]/images/(tabs)/'].map((folder) => `${folder}layout.tsx`)
listPage.push('[region]/images/(tabs)/custom/page.tsx')

/** The imports that give a page its session and rows. */
const imports = /'@\/lib\/(context|page-regions|[a-z]+\/reads)'/g
const constants = 'lib/constants.ts'

/** The environment variable that names the file with the constant data. */
const listVariable = 'ECS_BENCH_LIST'

/** Replaces the session and the reads by constants, without a database. */
const constantReads = `import fs from 'node:fs'
let kept: ReturnType<typeof JSON.parse>
const data = () => (kept ??= JSON.parse(fs.readFileSync(/* turbopackIgnore: true */ process.env.${listVariable} ?? '', 'utf8')))
export const currentContext = async () => ({ ...data().context, now: new Date() })
export const requireContext = async (..._: unknown[]) => await currentContext()
export const pageRegions = async () => data().regions
export const listRegionContents = async (..._: unknown[]) => data().contents
export const listCustomImages = async (..._: unknown[]) => data().images
export const countNewShares = async (..._: unknown[]) => data().newShares
export const countUnread = async (..._: unknown[]) => data().unread
`

export type WorkingCopy = {
  folder: string
  /** The environment with which a server of the copy finds the constant data. */
  environment: Record<string, string>
  setConstants(data: unknown): void
  constantPage(region: string): string
}

let made: Promise<WorkingCopy> | undefined

/**
 * A built copy of the console with one more page: the Custom Images page, word for word, with constant data. Its
 * scripts have source maps, to measure what they contain.
 */
export function workingCopy(place: Place): Promise<WorkingCopy> {
  made ??= makeCopy(place)
  return made
}

async function makeCopy(place: Place): Promise<WorkingCopy> {
  const folder = path.join(place.folder, 'copy')
  fs.mkdirSync(folder)
  for (const name of [...sources, ...settings].filter((name) => fs.existsSync(name)))
    fs.cpSync(name, path.join(folder, name), { recursive: true, preserveTimestamps: true })
  linkPackages(folder)
  addConstantPage(folder)
  addSettings(folder)
  tell('Building a copy of the console with a page of constant data …')
  const env = { ...place.environment, NEXT_DIST_DIR: '.next' }
  await runProgram(place, { name: 'next-build', args: [next, 'build'], folder, env })
  const list = path.join(place.folder, 'list.json')
  return {
    folder,
    environment: { [listVariable]: list },
    setConstants: (data) => fs.writeFileSync(list, JSON.stringify(data)),
    constantPage: (region) => `/constant/${region}/images/custom`,
  }
}

// Hard-linking a gigabyte of packages takes a second. A symbolic link would point outside the project of the build.
function linkPackages(folder: string): void {
  const { status, stderr } = spawnSync('cp', ['-al', 'node_modules', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The packages could not be linked into ${folder}.\n${stderr}`)
}

/**
 * Writes the page of constant data into a copy of the sources: the page's own files with other imports, so that it follows later
 * changes.
 */
export function addConstantPage(folder: string): void {
  const [from, to] = [path.join(folder, 'app/(console)'), path.join(folder, 'app/constant')]
  for (const file of listPage) {
    const source = fs.readFileSync(path.join(from, file), 'utf8')
    const made = path.join(to, file)
    fs.mkdirSync(path.dirname(made), { recursive: true })
    fs.writeFileSync(made, source.replaceAll(imports, "'@/lib/constants'"))
  }
  fs.writeFileSync(path.join(folder, constants), constantReads)
}

// Type errors of the added page do not matter, and the others' types are checked in the project.
function addSettings(folder: string): void {
  const file = path.join(folder, 'next.config.js')
  const config = fs.readFileSync(file, 'utf8')
  const more = 'productionBrowserSourceMaps: true, typescript: { ignoreBuildErrors: true },'
  const changed = config.replace('const nextConfig = {', `$&\n  ${more}`)
  if (changed === config) throw new Error('next.config.js has no "const nextConfig = {" to add settings to.')
  fs.writeFileSync(file, changed)
}
