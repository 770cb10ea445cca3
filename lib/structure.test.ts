import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

// The map of the README, checked: know the noun and what you want to do, and you know the file.

const root = path.resolve(import.meta.dirname, '..')
const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
const files = listing
  .toString()
  .split('\0')
  .filter((file) => file && fs.existsSync(path.join(root, file)))
const nouns = [
  'accounts',
  'sessions',
  'regions',
  'images',
  'imports',
  'copies',
  'transfers',
  'quotas',
  'blobs',
  'shares',
  'events',
  'instances',
  'billing',
  'snapshots',
]
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')

test('the top level holds what the map says', () => {
  const folders = ['app', 'components', 'docs', 'e2e', 'lib', 'prisma', 'public']
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
  ]
  const top = new Set(files.map((file) => file.split('/')[0] ?? ''))
  expect([...top].filter((name) => !name.startsWith('.') && ![...folders, ...single].includes(name))).toEqual([])
})

test('the folder of a noun holds its rules, schema, reads, writes, actions and queries, and their tests', () => {
  const allowed = /^(rules|schema|reads|writes(-[a-z]+)*|actions|queries)\.ts$|^[a-z-]+(\.db)?\.test\.ts$/
  const inNouns = files.filter((file) => nouns.some((noun) => file.startsWith(`lib/${noun}/`)))
  expect(inNouns.filter((file) => !allowed.test(file.split('/').slice(2).join('/')))).toEqual([])
})

test('nothing is called utils, helpers or index', () => {
  const nameless = /(^|\/)(utils?|helpers?|hooks|types|constants|services|common|index)(\.\w+$|\/)/
  expect(files.filter((file) => nameless.test(file))).toEqual([])
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
