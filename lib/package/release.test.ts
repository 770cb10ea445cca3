import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { archiveVersion, notesOf, refuseRelease } from './release'

const root = path.resolve(import.meta.dirname, '../..')
const changelog =
  '# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-11-27\n\n### Added\n- Bins.\n\n## [1.0.0]\n- All.\n'

test('the notes of a release are its section of the changelog', () => {
  expect(notesOf(changelog, '1.1.0')).toBe('### Added\n- Bins.\n')
  expect(notesOf(changelog, '1.0.0')).toBe('- All.\n')
  expect(() => notesOf(changelog, '1.2.0')).toThrow('no part [1.2.0]')
})

test("a release has the tag's version and a clean commit", () => {
  expect(refuseRelease('v1.1.0', '1.1.0', '549efc4d1c2b')).toBeNull()
  expect(refuseRelease('v1.1.1', '1.1.0', '549efc4d1c2b')).toContain('package.json says 1.1.0')
  expect(refuseRelease('v1.1.0', '1.1.0', '549efc4d1c2b-dirty')).toContain('not those of commit 549efc4d1c2b')
})

test("a release's archive is named after its version, any other also after its commit", () => {
  expect(archiveVersion('1.1.0', '549efc4d1c2b', true)).toBe('1.1.0')
  expect(archiveVersion('1.1.0', '549efc4d1c2b', false)).toBe('1.1.0+549efc4d1c2b')
})

test('the workflows only call scripts of the project', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const folder = path.join(root, '.github/workflows')
  const steps = fs.readdirSync(folder).flatMap((file) => {
    const text = fs.readFileSync(path.join(folder, file), 'utf8')
    return [...text.matchAll(/^ +(?:- )?run: (.*)$/gm)].map(([, run = '']) => run)
  })
  const own = steps.filter((run) => !run.startsWith('git config '))
  expect(own.length).toBeGreaterThan(2)
  expect(own.filter((run) => !((/^npm run ([a-z]+)( |$)/.exec(run)?.[1] ?? '') in scripts))).toEqual([])
})
