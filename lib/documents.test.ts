import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ownVariables } from './documents/settings'

// Whatever in the documents about the repository can be checked by a program.

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')
const listed = (...patterns: string[]) =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...patterns], { cwd: root })
    .toString()
    .split('\0')
    .filter((file) => file && fs.existsSync(path.join(root, file)))
const documents = listed('*.md')
const sources = listed('app', 'components', 'lib', 'e2e', 'prisma').filter((file) => /\.(ts|tsx|mjs)$/.test(file))

const decisions = documents
  .filter((file) => /^docs\/decisions\/\d/.test(file))
  .sort()
  .map((file) => ({ file: path.basename(file), text: read(file) }))

const titleOf = (text: string) => /^# \d{4}\. (.+)$/m.exec(text)?.[1] ?? ''

/** The file name of a title: lower case, apostrophes dropped, hyphens between words. */
function slugOf(title: string): string {
  const words =
    title
      .toLowerCase()
      .replace(/['’`]/g, '')
      .match(/[a-z0-9]+/g) ?? []
  return words.join('-')
}

test('the README can be read in five minutes', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(120)
})

test('every link of a document leads to a file and heading that exist', () => {
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)\s#]*)(#[^)\s]+)?\)/g)].flatMap(([, to = '', anchor]) => {
      const file = to ? path.join(path.dirname(document), to) : document
      if (!fs.existsSync(path.join(root, file))) return [`${document}: ${to}`]
      return anchor && !anchorsOf(read(file)).includes(anchor) ? [`${document}: ${to}${anchor}`] : []
    }),
  )
  expect(broken).toEqual([])
})

test('a decision is a file with number, title, status and date, of at most 10 lines', () => {
  const wrong = decisions.filter(({ file, text }) => {
    const [title = '', , status = '', , ...body] = text.trimEnd().split('\n')
    const named =
      `# ${file.slice(0, 4)}. ${titleOf(text)}` === title && `${file.slice(0, 4)}-${slugOf(titleOf(text))}.md` === file
    return (
      !named ||
      !/^Status: (accepted|superseded by \d{4}.*|amended by \d{4}.*) · Date: \d{4}-\d\d-\d\d$/.test(status) ||
      body.length > 10
    )
  })
  expect(wrong.map(({ file }) => file)).toEqual([])
})

test('decisions are numbered without a gap, and the table of docs/decisions/README.md lists them all', () => {
  const numbers = decisions.map(({ file }) => Number(file.slice(0, 4)))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  const rows = decisions.map(({ file, text }) => {
    const [, status, date] = /^Status: (\w+).* · Date: (\S+)$/m.exec(text) ?? []
    return `| [${file.slice(0, 4)}](${file}) | ${titleOf(text)} | ${status} | ${date} |`
  })
  const listed = read('docs/decisions/README.md')
    .split('\n')
    .filter((line) => line.startsWith('| ['))
  expect(listed).toEqual(rows)
})

test('every environment variable that the product reads is in docs/settings.md', () => {
  const served = sources.filter((file) => !/\.test\.ts$|^e2e\/|^lib\/(testing|bench|mutate)\//.test(file))
  const asked = served.flatMap((file) => [...read(file).matchAll(/process\.env\.((?:ECS|LOG|NEXTAUTH)_\w+)/g)])
  const names = new Set(asked.map(([, name = '']) => name))
  expect(names.size).toBeGreaterThan(10)
  const settings = read('docs/settings.md')
  expect([...names].filter((name) => !ownVariables.includes(name) && !settings.includes(`\`${name}\``))).toEqual([])
})

test('every environment variable that only tests read is in docs/testing.md', () => {
  const text = sources.map(read).join('\n')
  const direct = [
    ...text.matchAll(/process\.env\.((?:ECS_(?:TEST|FUZZ|MUTATE|UPLOAD_TEST)\w*|TEST_\w+|[A-Z]+_PATH)\b)/g),
  ]
  const picked = [...text.matchAll(/\b(ECS_TEST_\w+):/g)]
  // TSX_ variables belong to the loader.
  const names = new Set([...direct, ...picked].map(([, name = '']) => name).filter((name) => !name.startsWith('TSX_')))
  expect(names.size).toBeGreaterThan(10)
  const described = read('docs/testing.md')
  expect([...names].filter((name) => !described.includes(`\`${name}\``))).toEqual([])
})

const rules = read('docs/rules.md').split(/^### (?=Rule \d+\. )/m)
const rulesByNumber = new Map(rules.slice(1).map((text) => [Number.parseInt(text.slice('Rule '.length), 10), text]))

/** The numbers of rules that a text cites: "rule 3", "Rules 5, 6 and 10". */
function citedRules(text: string): number[] {
  const cited = text.matchAll(/\b[Rr]ules? (\d+(?:(?:, | and | to )\d+)*)/g)
  return [...cited].flatMap(([, numbers = '']) => numbers.match(/\d+/g) ?? []).map(Number)
}

test('every rule that the code cites is in docs/rules.md', () => {
  const cited = sources.flatMap((file) => citedRules(read(file)).map((number) => ({ file, number })))
  expect(cited.length).toBeGreaterThan(30)
  expect(cited.filter(({ number }) => !rulesByNumber.has(number))).toEqual([])
})

test('the index of docs/rules.md has every rule, in the order of their numbers', () => {
  const listed = [...(rules[0] ?? '').matchAll(/^(\d+)\. \[([^\]]+)\]/gm)].map(
    ([, number, name]) => `Rule ${number}. ${name}`,
  )
  const names = [...rulesByNumber].sort(([one], [other]) => one - other).map(([, text]) => text.split('\n')[0])
  expect(listed).toEqual(names)
})

test('the file that decides a rule cites its number', () => {
  const silent = [...rulesByNumber].flatMap(([number, text]) => {
    const deciding = /Decided in (.*?\))[.,]?(?! and )/s.exec(text)?.[1] ?? ''
    const files = [...deciding.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file)
    const mute = files.filter((file) => !citedRules(read(file)).includes(number))
    return files.length === 0 ? [`rule ${number}`] : mute.map((file) => `rule ${number}: ${file}`)
  })
  expect(silent).toEqual([])
})

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '')
    return `#${words.trim().replaceAll(' ', '-')}`
  })
}
