import fs from 'node:fs'
import path from 'node:path'

// Selects the files of node_modules for a package. Paths are relative to the root of the clone.

type Manifest = {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

/** Files that are never loaded. Licenses among them are kept. */
const unread = /\.(map|md|markdown|tsbuildinfo|[cm]?tsx?)$/i
/** Folders with the authors' own tests, benchmarks and samples. */
export const ofAuthors = /^node_modules\/(@[^/]+\/)?[^/]+\/(tests?|__tests__|fixtures|bench(marks?)?|examples?)\//
const legal = /(^|\/)(licen[cs]e|notice|copying|copyright)[^/]*$/i
/** Prisma's client includes an engine for each database in two encodings; ours is PostgreSQL's. */
const foreignEngine = /^node_modules\/@prisma\/client\/runtime\/.*(cockroachdb|mysql|sqlite|sqlserver|_small_)/

/** Parts of Next.js for development and builds, and its second copy for bundlers. */
const nextForDevelopers =
  /^node_modules\/next\/dist\/(esm|docs|compiled\/(next-devtools|webpack|babel|babel-packages|@babel)|.*\.dev\.js$)/

/** Resolves packages with their dependencies as Node does, from the root. Throws for a missing one. */
export function withDependencies(root: string, names: Iterable<string>): string[] {
  const found = new Set<string>()
  const open = [...names].map((name) => ({ name, from: '', isNeeded: true }))
  for (let next = open.pop(); next; next = open.pop()) {
    const folder = findPackage(root, next.from, next.name)
    if (!folder && next.isNeeded)
      throw new Error(`${next.name}, which ${next.from || 'the console'} needs, is missing.`)
    if (!folder || found.has(folder)) continue
    found.add(folder)
    open.push(...needsOf(root, folder))
  }
  return [...found].sort()
}

/** The loadable files of a package, and its licenses. Packages nested in it are separate. */
export function filesOfPackage(root: string, folder: string): string[] {
  const entries = fs.readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => path.join(path.relative(root, entry.parentPath), entry.name))
  return files.filter((file) => !file.slice(folder.length).includes('/node_modules/') && isLoaded(file)).sort()
}

function isLoaded(file: string): boolean {
  return legal.test(file) || ![unread, ofAuthors, foreignEngine, nextForDevelopers].some((kind) => kind.test(file))
}

function needsOf(root: string, folder: string): { name: string; from: string; isNeeded: boolean }[] {
  const manifest: Manifest = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'))
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
  const asked = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)
  // npm lists optional packages among the dependencies too.
  const needed = Object.keys(dependencies).filter((name) => !(name in optionalDependencies))
  return [
    ...[...needed, ...asked].map((name) => ({ name, from: folder, isNeeded: true })),
    // Optional packages for other platforms are not installed.
    ...Object.keys(optionalDependencies).map((name) => ({ name, from: folder, isNeeded: false })),
  ]
}

/** Node looks in node_modules beside the importing package, then in each folder above. */
function findPackage(root: string, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules') - 1))) {
    const folder = path.join(at, 'node_modules', name)
    if (fs.existsSync(path.join(root, folder, 'package.json'))) return folder
    if (at === '') return undefined
  }
}
