import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { uncheckedReasons } from '@/lib/disks/check/report'
import { diskReasons } from '@/lib/disks/reasons'
import { environment } from '@/lib/env'
import { failureCodes } from '@/lib/images/rules'
import { reasonCodes } from '@/lib/instances/rules'
import { snapshotFailureCodes } from '@/lib/snapshots/rules'
import { statuses } from '@/lib/status'
import { generatedDocuments } from './generated'
import { describeMessage } from './message'
import { ownVariables, settingGroups } from './settings'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8')
const settings = Object.assign({}, ...settingGroups.map((group) => group.settings))

test.each(Object.entries(generatedDocuments()))('%s is what `npm run docs` writes', (file, text) => {
  expect(read(file)).toBe(text)
})

test('every setting of the schema is described, with the default that the schema has', () => {
  const names = Object.keys(environment.shape).filter((name) => !ownVariables.includes(name))
  expect(names.filter((name) => !(name in settings))).toEqual([])
  const least = { DATABASE_URL: 'postgresql://db' }
  const defaults: Record<string, unknown> = environment.parse(least)
  for (const name of names.filter((name) => settings[name].default !== null)) {
    const described: Record<string, unknown> = environment.parse({ ...least, [name]: settings[name].default })
    expect(described[name], name).toEqual(defaults[name])
  }
})

test('arguments are printed by name, and `other` branches with their surrounding spaces', () => {
  expect(describeMessage('{used} of {max, number} used')).toEqual({ text: '‹used› of ‹max› used', instead: [] })
  expect(describeMessage('{n, plural, one {# place} other {# places}} free').text).toBe('‹n› places free')
  const nested = '{a, select, none {You may not.} other {It needs {b}{c, select, none {} other { in {c}}}.}}'
  expect(describeMessage(nested)).toEqual({ text: 'It needs ‹b› in ‹c›.', instead: ['without ‹a›: You may not.'] })
})

test('exact numbers print the whole message again, and branches that are sentences are added', () => {
  const { text, instead } = describeMessage(
    '{n, plural, =0 {None is} other {# are}} left. {r, select, A {Wait.} b {part} other {Stop.}}',
  )
  expect(text).toBe('‹n› are left. Stop.')
  expect(instead).toEqual(['‹n› is 0: None is left. Stop.', '`A`: Wait.'])
})

const codes = read('docs/codes.md')

test('every meaning in docs/codes.md is a whole sentence', () => {
  const meanings = [...codes.matchAll(/^\| `[^|]*\| (?:\d+ \| )?(.*) \|$/gm)].flatMap(([, cell = '']) =>
    cell.split('<br>'),
  )
  expect(meanings.length).toBeGreaterThan(180)
  expect(
    meanings.filter(
      (meaning) => !/^(`[\w-]+`: |without ‹\w+›: |‹\w+› is \d+: )?[A-Z‹].*([.?]|‹reference›)$/.test(meaning),
    ),
  ).toEqual([])
})

test('docs/codes.md has every code of refusals, disks, checks, instances and snapshots', () => {
  const all = [
    ...Object.keys(statuses),
    ...diskReasons,
    ...failureCodes,
    ...uncheckedReasons,
    ...reasonCodes,
    ...snapshotFailureCodes,
  ]
  expect(all.filter((code) => !codes.includes(`\n| \`${code}\` | `))).toEqual([])
})

test('docs/admin.md has the help topics of the program besides commands', () => {
  const words = [...read('lib/start/ecs-console').matchAll(/^ {2}(\w+)\) exec/gm)].map(([, word = '']) => word)
  expect(words).toEqual(['server', 'worker', 'migrate'])
  expect(words.filter((word) => !read('docs/admin.md').includes(`| \`${word}\` | `))).toEqual([])
})
