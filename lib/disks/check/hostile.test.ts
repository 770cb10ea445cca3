import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { checkGuest } from '../check'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'

const mib = 1024 ** 2
const folder = mkdtempSync(join(tmpdir(), 'check-hostile-'))
afterAll(() => rmSync(folder, { recursive: true }))

const canMake = hasTools('mke2fs', 'debugfs')
const note = toolsNote('mke2fs', 'debugfs')

const check = (path: string, limits = {}, format: 'raw' | 'qcow2' = 'raw') =>
  checkGuest({ path, format }, { deep: false, signal: new AbortController().signal, onProgress: () => {}, limits })

/** Makes an ext4 file system of a folder that `fill` has written to. */
function madeExt4(name: string, fill: (root: string) => void, { sizeMib = 16, args = [] as string[] } = {}) {
  const root = join(folder, `${name}-root`)
  mkdirSync(root)
  fill(root)
  const path = join(folder, name)
  writeFileSync(path, '')
  truncateSync(path, sizeMib * mib)
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', ...args, '-d', root, path)
  return path
}

/** File names as bytes, not all of which are valid UTF-8. */
const nameOf = (root: string, name: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')])

test.skipIf(!canMake)(`odd names are counted or shown escaped, and nothing breaks${note}`, async () => {
  const long = `${'n'.repeat(251)}.pem`
  const path = madeExt4('names', (root) => {
    for (const name of ['new\nline.kdbx', 'bad\xff\xfe.kdbx', 'tail ', '- list', '@list', '-switch', '*', `${long}`])
      writeFileSync(nameOf(root, name), 'harmless text\n')
    writeFileSync(join(root, 'bi\u202edi.kdbx'), 'x')
    writeFileSync(join(root, 'tab\t\u0007.kdbx'), 'x')
  })
  const report = await check(path)
  expect(report).toMatchObject({ verdict: 'findings', files: 10, counts: { critical: 4 } })
  const paths = report.findings.map((finding) => finding.path)
  expect(paths).toContain('bi\\u{202e}di.kdbx')
  expect(paths.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test.skipIf(!canMake)(`a folder that contains itself does not loop${note}`, async () => {
  const path = madeExt4('loop', (root) => {
    mkdirSync(join(root, 'a/b'), { recursive: true })
    writeFileSync(join(root, 'a/b/notes'), 'text\n')
  })
  runTool(folder, 'debugfs', '-w', '-R', 'link /a /a/b/again', path)
  const report = await check(path, { timeMs: 60_000 })
  expect(['clean', 'unchecked']).toContain(report.verdict)
})

test.skipIf(!canMake)(`very many empty files stay within the memory limit${note}`, async () => {
  const path = madeExt4(
    'many',
    (root) => {
      for (let folderIndex = 0; folderIndex < 40; folderIndex += 1) {
        mkdirSync(join(root, `d${folderIndex}`))
        for (let index = 0; index < 500; index += 1) writeFileSync(join(root, `d${folderIndex}/f${index}`), '')
      }
    },
    { sizeMib: 64, args: ['-N', '30000'] },
  )
  const report = await check(path)
  expect(report).toMatchObject({ verdict: 'clean', files: 20_000, bytes: 0 })
  expect(await check(path, { memoryBytes: 20 * mib })).toMatchObject({ verdict: 'unchecked', reason: 'MEMORY' })
})

test.skipIf(!canMake)(`archives are not unpacked${note}`, async () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * mib))
  const path = madeExt4('bomb', (root) => writeFileSync(join(root, 'bomb.zip'), bomb))
  expect(await check(path)).toMatchObject({ verdict: 'clean', filesByPathOnly: 1, bytes: 0 })
})

test.skipIf(!canMake)(`a sparse file and a sparse disk of a TiB take no time${note}`, async () => {
  const path = madeExt4('sparse', (root) => {
    writeFileSync(join(root, 'huge.log'), 'start\n')
    truncateSync(join(root, 'huge.log'), 2 ** 40)
  })
  truncateSync(path, 2 ** 40)
  expect(await check(path)).toMatchObject({ verdict: 'clean', files: 1, filesByPathOnly: 1 })
})

test.skipIf(!canMake)(`a check stops at its time limit, and reports it${note}`, async () => {
  const path = madeExt4('limits', (root) => writeFileSync(join(root, 'x.kdbx'), 'x'))
  expect(await check(path, { timeMs: 1 })).toMatchObject({ verdict: 'unchecked', reason: 'TIME' })
})

test.skipIf(!canMake).each(['inline_data', 'bigalloc'])(
  `ext4 with %s is unchecked if no machine reads it${note}`,
  async (feature) => {
    const args = ['-I', '256', '-O', feature]
    const path = madeExt4(`ext4-${feature}`, (root) => writeFileSync(join(root, 'x'), 'x'), { args })
    expect(await check(path)).toMatchObject({ verdict: 'unchecked', reason: 'TOOLS_MISSING' })
  },
)
