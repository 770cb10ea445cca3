import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Reader } from '@/lib/machines/reader'
import { checkGuest } from '../../check'
import { makeFileSystem } from '../../fixtures/file-systems'
import { patched } from '../../fixtures/patch'
import { hasTools, toolsNote } from '../../fixtures/tools'
import { bufferBlocks } from '../../guest/blocks'
import type { ListedFile } from '../file-list'
import { createForeign } from './foreign'
import { createRecords, LongRecord } from './records'

// A guest that was taken over may send anything. Here a shell sends it, over the same kind of socket.

const folder = mkdtempSync(join(tmpdir(), 'check-hostile-machine-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Shell code that answers `list` and `read`. */
type Answers = { list: string; read?: string }

function shellMachine(answers: Answers): Reader {
  const script = join(folder, 'machine')
  writeFileSync(
    script,
    `read -r word end <&3
answer() { printf %s "$end$1$word" >&3; }
answer 0
while read -r command count <&3; do
  case $command in
    list) ${answers.list} ;;
    read) head -c "$count" <&3 >"${folder}/names"; ${answers.read ?? ':'} ;;
  esac
  answer 0
done
`,
  )
  return { command: ['sh', script], accelerator: { accel: 'tcg', cpu: 'max' }, kernel: script, initrd: script }
}

async function opened(answers: Answers) {
  const disk = bufferBlocks(Buffer.alloc(512))
  const foreign = createForeign({
    findReader: async () => shellMachine(answers),
    timeLeft: () => 60_000,
    onTrouble: () => {},
    filesMax: 1_000,
  })
  foreign.add(disk)
  const reader = await foreign.open(disk, 'xfs')
  if (!reader) throw new Error('The machine of the test did not start.')
  return { ...reader, end: foreign.end }
}

const line = (text: string) => `printf '81a4 ${text}%s' "$word" >&3`
/** One record of this many bytes. */
const flood = (bytes: number) => `head -c ${bytes} /dev/zero >&3; printf %s "$word" >&3`

test('a line of a listing that is longer than any path ends the machine', async () => {
  const { list, end } = await opened({ list: flood(100_000) })
  expect(await list(() => {})).toEqual({ files: 0, isDamaged: true })
  end()
})

test('a file longer than all requested ones ends the machine', async () => {
  const { list, read, end } = await opened({ list: line('3 ./a'), read: flood(20_000) })
  const files: ListedFile[] = []
  expect(await list((file) => files.push(file))).toEqual({ files: 1, isDamaged: false })
  // Within the limit of the whole output, but longer than any file.
  expect(await read(files, () => {})).toEqual({ unread: 1, isDamaged: true })
  expect(await list(() => {})).toBeNull()
  end()
})

test('two names that are not UTF-8 and decode to the same text are two files', async () => {
  const both = `${line('2 ./x\\377')}; ${line('2 ./x\\376')}; ${line('2 ./x\\357\\277\\275')}`
  const read = `tr '\\0' '\\n' <"${folder}/names" | while read -r name; do case $name in
      ./*) tail -c 2 "$name" ;; *) printf %s "$word" ;;
    esac >&3; done`
  const { list, end, ...reader } = await opened({ list: both, read: `cd ${folder}; ${read}` })
  const nameOf = (bytes: number[]) => Buffer.concat([Buffer.from(`${folder}/x`), Buffer.from(bytes)])
  for (const [index, bytes] of [[0xff], [0xfe], [0xef, 0xbf, 0xbd]].entries()) writeFileSync(nameOf(bytes), `0${index}`)
  const files: ListedFile[] = []
  await list((file) => files.push(file))
  expect(new Set(files.map(({ path }) => path)).size).toBe(3)
  expect(files.map(({ systemPath }) => systemPath)).toEqual(['x\ufffd', 'x\ufffd', 'x\ufffd'])
  const contents: string[] = []
  expect(await reader.read(files, (_, bytes) => contents.push(bytes.toString()))).toEqual({
    unread: 0,
    isDamaged: false,
  })
  expect(contents).toEqual(['00', '01', '02'])
  end()
})

test('names that are not UTF-8 are remembered up to a bound, and further ones are still separate files', async () => {
  const long = 'n'.repeat(7_900)
  const print = `printf '81a4 2 ./%s\\377%s%s' ${long} "$i" "$word"`
  const { list, end } = await opened({ list: `i=0; while [ $i -lt 600 ]; do ${print}; i=$((i+1)); done >&3` })
  const files: ListedFile[] = []
  expect(await list((file) => files.push(file))).toEqual({ files: 600, isDamaged: false })
  const isOwn = files.map(({ path, systemPath }) => path !== systemPath)
  expect([isOwn[0], isOwn.at(-1)]).toEqual([false, true])
  expect(new Set(files.map(({ path }) => path)).size).toBe(600)
  end()
})

test.skipIf(!hasTools('mke2fs'))(
  `ext4 with files inside its inodes is searched as a whole by a deep check${toolsNote('mke2fs')}`,
  async () => {
    const path = makeFileSystem(folder, 'inline', { 'srv/notes': 'text\n' })
    const at = 12 * 1024 ** 2
    writeFileSync(path, patched(readFileSync(path), { at, put: `ghp_${'a1B2'.repeat(9)}` }))
    const findReader = async () => shellMachine({ list: line('5 ./srv/notes'), read: `printf 'text\\n%s' "$word" >&3` })
    const options = { signal: new AbortController().signal, onProgress: () => {}, findReader }
    expect(await checkGuest({ path, format: 'raw' }, { ...options, deep: false })).toMatchObject({ verdict: 'clean' })
    const { findings } = await checkGuest({ path, format: 'raw' }, { ...options, deep: true })
    expect(findings).toMatchObject([{ rule: 'unread-secret', offset: at }])
  },
)

test.skipIf(!hasTools('mke2fs'))(
  `a machine that lists more files than the limit is killed, and its disk is unchecked${toolsNote('mke2fs')}`,
  async () => {
    const path = makeFileSystem(mkdtempSync(join(folder, 'many-')), 'inline', { 'srv/notes': 'text\n' })
    const many = ['a', 'b', 'c'].map((name) => line(`5 ./srv/${name}`)).join('; ')
    const read = `printf 'text\\n%s' "$word" >&3`
    const findReader = async () => shellMachine({ list: many, read: [read, read, read].join('; ') })
    const checked = (filesMax: number) =>
      checkGuest(
        { path, format: 'raw' },
        {
          ...{ deep: false, signal: new AbortController().signal, onProgress: () => {} },
          findReader,
          limits: { filesMax },
        },
      )
    expect(await checked(2)).toMatchObject({ verdict: 'unchecked', reason: 'MEMORY', files: 0 })
    expect(await checked(3)).toMatchObject({ verdict: 'clean', reason: null, files: 3 })
  },
)

test('records are bounded while they arrive, even byte by byte', () => {
  const heard: string[] = []
  const records = createRecords({ word: 'word', max: () => 5, onRecord: (record) => heard.push(record.toString()) })
  for (const byte of 'onewordwoword12345word') records.hear(Buffer.from(byte))
  records.hear(Buffer.from('awordbwordcwo'))
  records.hear(Buffer.from('rd'))
  expect(heard).toEqual(['one', 'wo', '12345', 'a', 'b', 'c'])
  expect(() => records.hear(Buffer.from('123456word'))).toThrow(LongRecord)
  const open = createRecords({ word: 'word', max: () => 5, onRecord: () => {} })
  expect(() => open.hear(Buffer.alloc(10))).toThrow(LongRecord)
})
