import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  arrowsOf,
  brokenOrder,
  circlesOfFiles,
  circlesOfNouns,
  impureRules,
  type Tree,
  waitsOfItsOwn,
} from './testing/structure'

// Checks the map of the README: know the noun and what you want to do, and you know the file.

const root = path.resolve(import.meta.dirname, '..')
const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
const files = listing
  .toString()
  .split('\0')
  .filter((file) => file && fs.existsSync(path.join(root, file)))

// A noun imports nouns of its own floor or below, and another noun's writes only from the ground.
const ground = ['accounts', 'sessions', 'regions', 'quotas', 'blobs', 'events', 'audit', 'instance-types', 'notices']
const middle = ['images', 'instances', 'transfers']
const top = ['shares', 'imports', 'copies', 'snapshots', 'checks', 'clean-copies', 'billing', 'tickets', 'groups']
const order = {
  floors: [ground, middle, top],
  /** They import no noun. */
  tools: ['disks', 'stores', 'machines', 'db', 'embedded', 'auth', 'jobs', 'messages', 'outbound'],
  /** They call reads and writes of nouns, as app does, and are imported only by app, components and each other. */
  doors: [
    'admin',
    'tasks',
    'uploads',
    'viewers',
    'streams',
    'start',
    'bench',
    'mutate',
    'package',
    'testing',
    'documents',
  ],
}
const nouns = order.floors.flat()
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')
const isCode = (file: string) => /^(app|components|lib|prisma)\/.*\.(ts|tsx|mjs)$/.test(file)
const sources: Tree = new Map(
  files.filter((file) => isCode(file) && !/\.test\.ts$/.test(file)).map((file) => [file, read(file)]),
)

/** The files that a test of a rule needs: what each imports, by path. */
function treeOf(imports: Record<string, string[]>): Tree {
  const lines = (named: string[]) => named.map((name) => `import { a } from '@/${name}'\n`).join('')
  const named = Object.values(imports).flat()
  return new Map([
    ...named.map((name): [string, string] => [`${name}.ts`, '']),
    ...Object.entries(imports).map(([file, names]): [string, string] => [`${file}.ts`, lines(names)]),
  ])
}

test('the top level contains what the map says', () => {
  const folders = ['app', 'components', 'deploy', 'docs', 'e2e', 'lib', 'prisma', 'public']
  const single = [
    'README.md',
    'LICENSE',
    'NOTICE',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'biome.json',
    'next.config.js',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'instrumentation.ts',
  ]
  const top = new Set(files.map((file) => file.split('/')[0] ?? ''))
  expect([...top].filter((name) => !name.startsWith('.') && ![...folders, ...single].includes(name))).toEqual([])
})

test('the folder of a noun holds its rules, schema, reads, writes, actions and queries, and their tests', () => {
  const allowed = /^(rules|(schema|reads|writes)(-[a-z]+)*|actions|queries)\.ts$|^[a-z-]+(\.db)?\.test\.ts$/
  const inNouns = files.filter((file) => nouns.some((noun) => file.startsWith(`lib/${noun}/`)))
  expect(inNouns.filter((file) => !allowed.test(file.split('/').slice(2).join('/')))).toEqual([])
})

test('nothing is called utils, helpers or index', () => {
  const nameless = /(^|\/)(utils?|helpers?|hooks|types|constants|services|common|index)(\.\w+$|\/)/
  expect(files.filter((file) => nameless.test(file))).toEqual([])
})

const tests = files.filter((file) => /\.(test|e2e)\.ts$|^lib\/testing\/|\/fixtures\/|^e2e\//.test(file))

test('no test is random without a seed', () => {
  // Random values come from `seededRandom` or fast-check, whose seed is set for all tests.
  const found = tests.filter((file) => file !== 'lib/structure.test.ts' && /Math\.random\(/.test(read(file)))
  expect(found).toEqual([])
})

test('a test waits with lib/testing/until.ts, and not with a sleep, a loop or a timeout of its own', () => {
  // The module itself, and the samples below.
  const allowed = ['lib/testing/until.ts', 'lib/testing/structure.ts', 'lib/structure.test.ts']
  const found = tests
    .filter((file) => !allowed.includes(file))
    .flatMap((file) => {
      const isOfBrowser = file.startsWith('e2e/')
      return waitsOfItsOwn(read(file), { isOfBrowser }).map((how) => `${file}: ${how}`)
    })
  expect(found).toEqual([])
})

test("a test's own wait is reported", () => {
  const probes = [
    "import { setTimeout as sleep } from 'node:timers/promises'",
    'await new Promise((resolve) => setTimeout(resolve, 50))',
    'while (Date.now() < end) await look()',
    'await untilTrue(() => performance.now() > end)',
    'await vi.waitFor(look, { timeout: 5_000 })',
    'await expect.poll(async () => (await look()).length, { timeout: 1_000 }).toBe(1)',
    "test('a', async () => {\n  await look()\n}, 180_000)",
    'vi.setConfig({ testTimeout: 180_000 })',
  ]
  for (const probe of probes) expect(waitsOfItsOwn(probe), probe).toHaveLength(1)
  const good = ['await until(async () => expect(await look()).toBe(1))', 'await expect.poll(look).toBe(1)']
  for (const probe of [...good, 'truncateSync(file, 1_000)']) expect(waitsOfItsOwn(probe), probe).toEqual([])
})

test('decisions are files of docs/decisions, as its README says', () => {
  expect(files).not.toContain('docs/decisions.md')
})

test('every function exported by rules, writes, seams and tools has a docstring', () => {
  const promising = files.filter((file) => {
    const [, room = '', name] = /^lib\/(?:([a-z-]+)\/)?(?:.*\/)?([^/]+)\.ts$/.exec(file) ?? []
    const isSeam = name !== undefined && room === ''
    return isSeam || order.tools.includes(room) || /^(rules|writes(-[a-z]+)*)$/.test(name ?? '')
  })
  const code = promising.filter((file) => !/\.test\.ts$|\.d\.ts$|\/(generated|fixtures|samples)\//.test(file))
  expect(code.length).toBeGreaterThan(150)
  const exported = /(?<!\*\/\n|\/\/ .*\n)^export (?:(?:async )?function\*?|class) (\w+)/gm
  const silent = code.flatMap((file) => [...read(file).matchAll(exported)].map(([, name]) => `${file}: ${name}`))
  expect(silent).toEqual([])
})

test('pages and layouts run on the server', () => {
  const pages = files.filter((file) => /\/(page|layout)\.tsx$/.test(file))
  expect(pages.length).toBeGreaterThan(0)
  expect(pages.filter((file) => /^\s*['"]use client['"]/m.test(read(file)))).toEqual([])
})

test('no file of code has more than 300 lines', () => {
  const code = files.filter((file) => /\.(ts|tsx|js|mjs|css)$/.test(file))
  const long = code.filter((file) => read(file).trimEnd().split('\n').length > 300)
  expect(long).toEqual([])
})

test('imports between the rooms of lib/ point downwards', () => {
  expect(arrowsOf(sources).length).toBeGreaterThan(1_500)
  expect(brokenOrder(sources, order)).toEqual([])
})

test('no nouns and no files import each other in a circle', () => {
  expect(circlesOfNouns(sources, order)).toEqual([])
  expect(circlesOfFiles(sources)).toEqual([])
})

test('rules use no settings, clock, database or randomness', () => {
  expect(impureRules(sources)).toEqual([])
})

test('a tool that imports a noun is reported, also through a file of lib/ itself', () => {
  expect(brokenOrder(treeOf({ 'lib/disks/a': ['lib/shares/writes'] }), order)).toEqual([
    'lib/disks/a.ts → lib/shares/writes.ts: a tool imports no noun',
  ])
  const byWay = treeOf({
    'lib/context': ['lib/sessions/reads'],
    'lib/action': ['lib/context'],
    'lib/auth/a': ['lib/action'],
  })
  expect(brokenOrder(byWay, order)).toEqual(['lib/auth/a.ts → lib/action.ts: a tool imports no file that knows a noun'])
  expect(brokenOrder(treeOf({ 'lib/extras/a': ['lib/result'] }), order)).toEqual([
    'lib/extras: neither noun, tool nor door',
  ])
})

test('a noun that imports upwards, or writes of a noun outside the ground, is reported', () => {
  const faults = (from: string, to: string) => brokenOrder(treeOf({ [from]: [to] }), order).length
  expect(faults('lib/shares/writes', 'lib/images/writes')).toBe(1)
  expect(faults('lib/images/writes', 'lib/transfers/writes-cancel')).toBe(1)
  expect(faults('lib/images/reads', 'lib/shares/reads')).toBe(1)
  expect(faults('lib/blobs/reads', 'lib/images/schema')).toBe(1)
  expect(faults('lib/images/writes', 'lib/tasks/transfer')).toBe(1)
  expect(faults('lib/route', 'lib/images/reads')).toBe(1)
  expect(faults('lib/shares/writes', 'lib/images/reads')).toBe(0)
  expect(faults('lib/shares/writes', 'lib/events/writes')).toBe(0)
})

test('rules that are not pure are reported', () => {
  const rules = (text: string) => impureRules(new Map([['lib/images/rules.ts', text]])).length
  for (const asking of ['Date.now()', 'new Date()', 'Math.random()', 'process.env.A', 'crypto.randomUUID()'])
    expect(rules(`export const a = () => ${asking}`), asking).toBe(1)
  expect(rules("import { z } from 'zod'")).toBe(1)
  expect(rules('// never new Date()\nexport const a = (at: number) => new Date(at)')).toBe(0)
  expect(impureRules(treeOf({ 'lib/images/rules': ['lib/db/client'] }))).toHaveLength(1)
  expect(impureRules(treeOf({ 'lib/images/rules': ['lib/env'] }))).toHaveLength(1)
})

test('import cycles of nouns and of files are reported', () => {
  const tree = treeOf({ 'lib/images/reads': ['lib/transfers/rules'], 'lib/transfers/schema': ['lib/images/rules'] })
  expect(circlesOfNouns(tree, order)).toEqual(['images ↔ transfers'])
  expect(circlesOfFiles(tree)).toEqual([])
  const files = treeOf({ 'lib/db/a': ['lib/db/b'], 'lib/db/b': ['lib/db/c'], 'lib/db/c': ['lib/db/a'] })
  expect(circlesOfFiles(files)).toEqual(['lib/db/a.ts ↔ lib/db/b.ts ↔ lib/db/c.ts'])
})

test('a part of a page that loads on demand never blocks the rest: it has a boundary, or is in the first HTML', () => {
  const screens = files.filter((file) => file.startsWith('components/') && file.endsWith('.tsx'))
  const bare = screens.filter((file) => {
    const [, ...parts] = read(file).split(/= (?=(?:late\()?dynamic\()/)
    return parts.some((part) => !part.startsWith('late(') && !/ssr: false/.test(part.split('\n\n')[0] ?? ''))
  })
  expect(bare).toEqual([])
})
