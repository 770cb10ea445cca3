import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import en from '../../messages/en.json'
import { checkGuest } from '../check'
import { createSecrets, plantsFrom } from '../fixtures/plants'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { contentRules } from './content-rules'
import { pathRules } from './path-rules'
import type { CheckReport } from './report'

const folder = mkdtempSync(join(tmpdir(), 'check-plants-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secrets = createSecrets('plants')
const plants = plantsFrom(secrets.make)
const canMake = hasTools('mke2fs')

/** Checks an ext4 file system with these files. */
async function checkFiles(name: string, files: readonly (readonly [path: string, text: string])[]) {
  const root = join(folder, `${name}-root`)
  for (const [path, text] of files) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const path = join(folder, name)
  writeFileSync(path, '')
  truncateSync(path, 16 * 1024 ** 2)
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-d', root, path)
  const before = readFileSync(path)
  const options = { deep: false, signal: new AbortController().signal, onProgress: () => {} }
  const report = await checkGuest({ path, format: 'raw' }, options)
  expect(readFileSync(path).equals(before), 'the disk is not written to').toBe(true)
  return report
}

let planted: CheckReport
let harmless: CheckReport

beforeAll(async () => {
  if (!canMake) return
  planted = await checkFiles(
    'planted',
    plants.map(({ found }) => found),
  )
  harmless = await checkFiles(
    'harmless',
    plants.map((plant) => plant.harmless),
  )
})

test('every rule has a plant, a title, a reason and an advice', () => {
  const ids = [...new Set([...pathRules, ...contentRules].map(({ id }) => id)), 'private-key', 'service-token'].sort()
  expect(plants.map(({ rule }) => rule).sort()).toEqual(ids)
  const written: Record<string, { title: string; why: string; todo: string }> = en.checkRules
  expect(Object.keys(written).sort()).toEqual(
    [...ids, 'deleted-secret', 'swap-content', 'unread-secret', 'unused-secret'].sort(),
  )
})

for (const { rule, found, harmless: other } of plants) {
  test.skipIf(!canMake)(`${rule} finds ${found[0]}, and not ${other[0]}${toolsNote('mke2fs')}`, () => {
    const rulesAt = (report: CheckReport, path: string) =>
      report.findings.filter((finding) => finding.path === path).map((finding) => finding.rule)
    expect(rulesAt(planted, found[0])).toEqual([rule])
    expect(rulesAt(harmless, other[0])).toEqual([])
  })
}

test.skipIf(!canMake)(`no report holds the value of a secret${toolsNote('mke2fs')}`, () => {
  const text = JSON.stringify(planted)
  expect(secrets.made.length).toBeGreaterThan(40)
  expect(secrets.made.filter((secret) => text.includes(secret.slice(0, 12)))).toEqual([])
})

test.skipIf(!canMake)(`a disk with nothing but harmless files is clean${toolsNote('mke2fs')}`, () => {
  expect(harmless).toMatchObject({ verdict: 'clean', reason: null, files: plants.length, filesNotRead: 0 })
  expect(planted).toMatchObject({ verdict: 'findings', reason: null, filesNotRead: 0 })
})

test.skipIf(!canMake)(`the same bytes get the same findings${toolsNote('mke2fs')}`, async () => {
  const options = { deep: false, signal: new AbortController().signal, onProgress: () => {} }
  const again = await checkGuest({ path: join(folder, 'planted'), format: 'raw' }, options)
  expect({ ...again, seconds: 0 }).toEqual({ ...planted, seconds: 0 })
})
