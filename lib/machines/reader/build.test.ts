import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { buildReader } from './build'

const folder = mkdtempSync(join(tmpdir(), 'build-reader-'))
afterAll(() => rmSync(folder, { recursive: true }))

const parts = { kernel: join(folder, 'vmlinuz'), modules: join(folder, 'modules'), busybox: join(folder, 'busybox') }
mkdirSync(parts.modules)
for (const file of [parts.kernel, parts.busybox]) writeFileSync(file, 'program', { mode: 0o600 })

test('the user of the machine may read the built files, whatever our umask is', async () => {
  const umask = process.umask(0o077)
  const { kernel, initrd } = await buildReader(parts, join(folder, 'readable')).finally(() => process.umask(umask))
  const modeOf = (file: string) => statSync(file).mode & 0o777
  expect([modeOf(kernel), modeOf(initrd), modeOf(join(initrd, '..'))]).toEqual([0o644, 0o644, 0o755])
})

test('drafts of a killed process are removed, and not those of a running one', async () => {
  const place = join(folder, 'left')
  for (const name of ['draft-left', 'draft-building', 'other']) mkdirSync(join(place, name), { recursive: true })
  writeFileSync(join(place, 'draft-left/initrd'), 'half')
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000)
  for (const name of ['draft-left', 'other']) utimesSync(join(place, name), yesterday, yesterday)
  await buildReader(parts, place)
  const names = readdirSync(place).filter((name) => !/^[0-9a-f]{16}$/.test(name))
  expect(names.sort()).toEqual(['draft-building', 'other'])
  // Also if nothing has to be built.
  utimesSync(join(place, 'draft-building'), yesterday, yesterday)
  await buildReader(parts, place)
  expect(readdirSync(place)).not.toContain('draft-building')
})
