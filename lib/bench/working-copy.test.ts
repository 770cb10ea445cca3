import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { addConstantPage } from './working-copy'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-constant-page-'))

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

test('the page of constant data has a constant for everything that the Images page reads', () => {
  for (const name of ['app', 'lib']) fs.cpSync(name, path.join(folder, name), { recursive: true })
  addConstantPage(folder)
  const constants = fs.readFileSync(path.join(folder, 'lib/constants.ts'), 'utf8')
  const pages = fs
    .readdirSync(path.join(folder, 'app/constant'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx'))
    .map((file) => fs.readFileSync(path.join(folder, 'app/constant', file), 'utf8'))
  const asked = pages.flatMap((source) =>
    [...source.matchAll(/import \{([^}]+)\} from '@\/lib\/constants'/g)].flatMap(([, names = '']) => names.split(',')),
  )
  expect(asked.length).toBeGreaterThan(5)
  for (const name of asked) expect(constants).toContain(`export const ${name.trim()} = `)
})
