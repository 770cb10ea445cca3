import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { environment } from '@/lib/env'
import { generatedDocuments } from './generated'
import { plainMessage } from './message'
import { ownVariables, settingGroups } from './settings'

const root = path.resolve(import.meta.dirname, '../..')
const settings = Object.assign({}, ...settingGroups.map((group) => group.settings))

test.each(Object.entries(generatedDocuments()))('%s is what `npm run docs` writes', (file, text) => {
  expect(fs.readFileSync(path.join(root, file), 'utf8')).toBe(text)
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

test('a message is printed with its arguments named and the branch for all other values', () => {
  expect(plainMessage('{used} of {max, number} used')).toBe('‹used› of ‹max› used')
  expect(plainMessage('{n, plural, one {# place} other {# places}} free')).toBe('‹n› places free')
  expect(plainMessage('{a, select, x {X} other {{b} and {c}}}.')).toBe('‹b› and ‹c›.')
})
