import { expect, test } from 'vitest'
import { createBlockReader } from '../guest/listing'
import { matchContent } from './content-rules'
import type { FileReader } from './file-reader'
import { createFindings } from './findings'
import { NotLvmText, parseLvmText } from './lvm-metadata'
import { createSubvolumes } from './machine/subvolumes'
import { pathRules, rulesFor } from './path-rules'
import { checkFiles } from './volume-files'

// Content written by the guest determines the length of no list, text or search here.

const mib = 1024 ** 2
/** A hundred times what it takes if no pattern searches the same text again from each position. */
const patienceMs = 15_000

/** CPU time, which does not depend on the load of the host. */
function msOf(run: () => void): number {
  const started = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1_000
}

const filled = (line: string) => `${line}\n`.repeat(Math.floor(mib / (line.length + 1)))
const texts: Record<string, string> = {
  'a token in each of whose places another begins': '-eyJ'.repeat(mib / 4),
  'settings of blanks': filled(`password=${' '.repeat(4080)}`),
  'addresses with many colons': filled(`://${'a:'.repeat(2040)}`),
  'a key of blanks': `-----BEGIN PRIVATE KEY-----${' '.repeat(mib)}`,
}

test.each(Object.keys(texts))('a text is searched in linear time: %s', (name) => {
  const text = texts[name] ?? ''
  const tests = pathRules.flatMap(({ content }) => content ?? [])
  const took = msOf(() => {
    for (let time = 0; time < 20; time += 1) {
      matchContent(text)
      for (const find of tests) find(text)
    }
  })
  expect(took).toBeLessThan(patienceMs)
})

test('a path is matched in linear time, and one too long to be opened by its end', () => {
  const took = msOf(() => {
    for (let time = 0; time < 300; time += 1) rulesFor('snap/firefox/a/'.repeat(65_536 / 15))
  })
  expect(took).toBeLessThan(patienceMs)
  expect(rulesFor(`${'a/'.repeat(10_000)}.env`).map(({ id }) => id)).toEqual(['dotenv'])
  expect(rulesFor('home/ann/snap/firefox/common/.mozilla/firefox/x/key4.db').map(({ id }) => id)).toEqual([
    'browser-data',
  ])
})

/** Checks a volume that lists these files, and returns what was read from it. */
async function checkListed(files: Iterable<{ path: string; size: number }>) {
  const asked: string[][] = []
  const reader: FileReader = {
    list: async (onFile) => {
      let count = 0
      for (const file of files) {
        count += 1
        onFile({ ...file, systemPath: file.path, isLink: false })
      }
      return { files: count, isDamaged: false }
    },
    read: async (wanted) => {
      asked.push(wanted.map(({ path }) => path))
      return { unread: 0, isDamaged: false }
    },
  }
  const tally = { filesLooked: 0, filesTotal: 0, bytesRead: 0, byPathOnly: 0, notRead: 0 }
  const heard = { hear: () => {}, checkTime: () => {} }
  const checked = await checkFiles({ reader, index: 0, findings: createFindings(), tally, ...heard })
  return { asked, reason: checked?.reason }
}

function* listed(count: number, path: (index: number) => string, size: number) {
  for (let index = 0; index < count; index += 1) yield { path: path(index), size }
}

test('files with long paths stop a check before it runs out of memory', async () => {
  const name = (index: number) => `${'n'.repeat(8_000)}${index}`
  expect(await checkListed(listed(1_000, name, 10))).toMatchObject({ reason: null })
  const { asked, reason } = await checkListed(listed(4_000, name, 10))
  expect(reason).toBe('MEMORY')
  expect(asked.flat().length).toBeLessThan(3_200)
})

test('lists of packages are bounded in number, in length and in their names', async () => {
  const info = 'var/lib/dpkg/info'
  const lists = async (...args: Parameters<typeof listed>) => (await checkListed(listed(...args))).asked[0]?.length
  expect(await lists(100_000, (index) => `${info}/${index}.md5sums`, 0)).toBe(20_000)
  expect(await lists(10_000, (index) => `${info}/${'n'.repeat(1_000)}${index}.md5sums`, 0)).toBeLessThan(2_100)
  expect(await lists(2, (index) => `${info}/${index}.md5sums`, 17 * mib)).toBe(0)
  expect(await lists(100, (index) => `${info}/${index}.md5sums`, mib)).toBe(64)
})

test('an entry of a listing has a bounded number of fields', () => {
  const sizes: number[] = []
  const reader = createBlockReader(
    (fields) => sizes.push(fields.size),
    (fields) => sizes.push(fields.size),
  )
  const fields = Array.from({ length: 1_000 }, (_, index) => `field${index} = value\n`).join('')
  reader.hear(Buffer.from(`${fields}----------\nPath = a\n${fields}\n`))
  reader.end()
  expect(sizes).toEqual([64, 64])
})

test('subvolumes are bounded in the length of their names and in depth', () => {
  const deep = createSubvolumes()
  const folder = (depth: number) => `@x${'/d'.repeat(depth - 1)}`
  for (const depth of [64, 65]) deep.add(folder(depth))
  const file = (depth: number) => `${folder(depth)}/etc/shadow`
  expect([64, 65].map((depth) => deep.pathOf(file(depth)))).toEqual([file(64).slice(1), file(65).slice(1)])
  const tooDeep = createSubvolumes()
  tooDeep.add(folder(65))
  expect(tooDeep.pathOf(file(65))).toBe(file(65))
  const many = createSubvolumes()
  for (let index = 0; index < 600; index += 1) many.add(`${'n'.repeat(4_000)}${index}`)
  many.add('@')
  expect(many.pathOf('@/etc/shadow')).toBe('@/etc/shadow')
})

test('an unterminated group text is refused', () => {
  const texts = [`"${'a'.repeat(mib)}`, `"${'\\a'.repeat(mib / 2)}`, `x = ${'['.repeat(100_000)}`, 'x {'.repeat(60_000)]
  for (const text of texts) expect(() => parseLvmText(text)).toThrow(NotLvmText)
})
