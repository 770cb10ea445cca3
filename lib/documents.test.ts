import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

// What the documents say of the repository, as far as a machine can tell.

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')
const documents = [...fs.readdirSync(root), ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)]
  .filter((file) => file.endsWith('.md'))
  .sort()

test('the README is read in five minutes', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(120)
})

test('every link of a document leads to a file of the repository, and to a heading that is there', () => {
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)\s#]*)(#[^)\s]+)?\)/g)].flatMap(([, to = '', anchor]) => {
      const file = to ? path.join(path.dirname(document), to) : document
      if (!fs.existsSync(path.join(root, file))) return [`${document}: ${to}`]
      return anchor && !anchorsOf(read(file)).includes(anchor) ? [`${document}: ${to}${anchor}`] : []
    }),
  )
  expect(broken).toEqual([])
})

test('decisions are numbered once each, in order, and take at most 8 lines', () => {
  const entries = read('docs/decisions.md')
    .split(/^(?=\d+\. )/m)
    .slice(1)
  expect(entries.map((entry) => Number.parseInt(entry, 10))).toEqual(entries.map((_, index) => index + 1))
  expect(
    entries.filter((entry) => entry.trimEnd().split('\n').length > 8).map((entry) => entry.split('\n')[0]),
  ).toEqual([])
})

test('every setting that the product reads is in docs/settings.md', () => {
  const listed = execFileSync('git', ['ls-files', '-z', 'app', 'components', 'lib'], { cwd: root })
    .toString()
    .split('\0')
  const sources = listed.filter((file) => /\.(ts|tsx|mjs)$/.test(file) && fs.existsSync(path.join(root, file)))
  const served = sources.filter((file) => !/\.test\.ts$|^lib\/(testing|bench|mutate)\//.test(file))
  const asked = served.flatMap((file) => [...read(file).matchAll(/process\.env\.((?:ECS|LOG|NEXTAUTH)_\w+)/g)])
  const schema = [...read('lib/env.ts').matchAll(/^ {2}((?:ECS|NEXTAUTH|DATABASE)_\w+):/gm)]
  const names = new Set([...asked, ...schema].map(([, name = '']) => name))
  expect(names.size).toBeGreaterThan(20)
  // They are set by the console for its own processes and by its build.
  const own = ['ECS_BALLAST_FILE', 'ECS_BUILD', 'ECS_EMBEDDED']
  const settings = read('docs/settings.md')
  expect([...names].filter((name) => !own.includes(name) && !settings.includes(`\`${name}\``))).toEqual([])
})

test('.env.example names every setting, and nothing else', () => {
  const documented = [...read('docs/settings.md').matchAll(/^\| (`.*?) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  )
  const named = [...read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name)
  const settings = named.filter((name) => !name.startsWith('ECS_STORE_CN_SHANGHAI'))
  expect(new Set(settings)).toEqual(new Set(documented))
})

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '')
    return `#${words.trim().replaceAll(' ', '-')}`
  })
}
