import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { imageCan, imageStates } from './rules'

const root = path.resolve(import.meta.dirname, '../..')

test('what can be done with an image in which state', () => {
  const table = imageStates.map((state) => {
    const can = Object.entries(imageCan).filter(([, states]) => states.some((one) => one === state))
    return `${state}: ${can.map(([operation]) => operation).join(' ')}`
  })
  expect(table).toEqual([
    'importing: update edit cancelImport',
    'available: share copy download createInstance update edit delete bin',
    'copying: update edit cancelCopy',
    'failed: update delete retry',
    'deleting: ',
    'deleted: restore purge',
  ])
})

test('no screen compares the state of an image: it asks the table', () => {
  const listing = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'app', 'components'],
    { cwd: root },
  )
  const screens = listing
    .toString()
    .split('\0')
    .filter((file) => /\.tsx?$/.test(file) && fs.existsSync(path.join(root, file)))
  expect(screens.length).toBeGreaterThan(100)
  // An upload has a state of its own, which can be 'failed' too.
  const comparing = /[!=]== '(importing|available|copying|deleting|deleted)'|image\??\.state [!=]== '/
  expect(screens.filter((file) => comparing.test(fs.readFileSync(path.join(root, file), 'utf8')))).toEqual([])
})
