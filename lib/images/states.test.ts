import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { imageCan, imageStates } from './rules'

const root = path.resolve(import.meta.dirname, '../..')

test('the operations of each state of an image', () => {
  const table = imageStates.map((state) => {
    const can = Object.entries(imageCan).filter(([, states]) => states.some((one) => one === state))
    return `${state}: ${can.map(([operation]) => operation).join(' ')}`
  })
  expect(table).toEqual([
    'importing: update edit cancelImport',
    'available: share copy download createInstance update edit protect deprecate delete bin',
    'copying: update edit cancelCopy',
    'failed: update delete retry',
    'deleting: ',
    'deleted: restore purge',
  ])
})

function filesUnder(...folders: string[]): string[] {
  const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...folders], {
    cwd: root,
  })
  return listing
    .toString()
    .split('\0')
    .filter((file) => /\.tsx?$/.test(file) && fs.existsSync(path.join(root, file)))
}
const comparing = /[!=]== '(importing|available|copying|deleting|deleted)'|(image|source)\??\.state [!=]== '/
const isComparing = (file: string) => comparing.test(fs.readFileSync(path.join(root, file), 'utf8'))

test("no screen compares an image's state itself instead of using the table", () => {
  const screens = filesUnder('app', 'components')
  expect(screens.length).toBeGreaterThan(100)
  // Uploads have states of their own, one of which is 'failed'.
  expect(screens.filter(isComparing)).toEqual([])
})

test('only the rules of images compare states, no other rule, read, write or command', () => {
  const code = filesUnder('lib').filter((file) => !/\.test\.ts$|^lib\/(testing|db\/generated)\//.test(file))
  expect(code.length).toBeGreaterThan(300)
  // `verify` compares states to name stuck deletes.
  expect(code.filter(isComparing).sort()).toEqual(['lib/admin/verify-images.ts', 'lib/images/rules.ts'])
})
