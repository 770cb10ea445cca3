import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { afterAll, expect, test, vi } from 'vitest'
import type { Reader } from '@/lib/machines/reader'
import { smallDisk } from '@/lib/testing/small-disk'
import { until } from '@/lib/testing/until'
import { NoRoom } from '../convert'
import { changeInMachine } from './change'
import { cleanInMachine, type MachineJob } from './machine'

// What the machine may answer, sent by a shell over the same kind of socket. The shell ignores the disk.

const folder = mkdtempSync(join(tmpdir(), 'clean-answers-'))
afterAll(() => rmSync(folder, { recursive: true }))

const raw = join(folder, 'raw')
writeFileSync(raw, Buffer.alloc(4096))

/** Shell code to run before the greeting (`boot`) and at each command; each sets its exit code in `code`. */
function shellMachine({ boot = ':', ...answers }: Record<string, string>): Reader {
  const script = join(folder, 'script')
  const cases = Object.entries(answers).map(([command, does]) => `    ${command}) ${does} ;;\n`)
  writeFileSync(
    script,
    `cd ${folder}
${boot}
read -r word end <&3
answer() { printf %s "$end$1$word" >&3; }
record() { printf "$1%s" "$word" >&3; }
answer 0
while read -r command count second <&3; do
  code=0
  case $command in
${cases.join('')}  esac
  answer $code
done
`,
  )
  // Like the real machine's command, it ends with the thread that started it.
  const command = ['setpriv', '--pdeathsig', 'KILL', 'sh', script]
  return { command, accelerator: { accel: 'tcg', cpu: 'max' }, kernel: script, initrd: script }
}

const steps = [{ path: 'etc/key', shown: 'etc/key', action: 'delete' }] as const
const jobOf = (answers: Record<string, string>, job: Partial<MachineJob>): MachineJob => ({
  ...{ reader: shellMachine(answers), raw, slot: { start: 0, size: 4096 }, partition: 2, kind: 'btrfs' },
  ...{ filled: [{ start: 0, length: 4096 }], steps: [], isReset: true, signal: new AbortController().signal },
  ...job,
})
const clean = (answers: Record<string, string>, job: Partial<MachineJob> = {}) => cleanInMachine(jobOf(answers, job))
/** The same without a thread of its own. */
const change = (answers: Record<string, string>, job: Partial<MachineJob> = {}) =>
  changeInMachine({ ...jobOf(answers, job), filesMax: 1_000 })

test('a machine that hangs during boot is killed with its job', async () => {
  const controller = new AbortController()
  const started = join(folder, 'started')
  const cleaning = clean({ boot: `echo >${started}; exec sleep 600` }, { signal: controller.signal })
  const ended = expect(cleaning).rejects.toThrow('called off')
  await until(() => expect(existsSync(started)).toBe(true))
  controller.abort(new Error('called off'))
  await ended
})

test('a machine that hangs during boot is killed after two minutes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const cleaning = change({ boot: 'exec sleep 600' }, { steps })
    while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    vi.advanceTimersByTime(2 * 60 * 1000)
    expect(await cleaning).toEqual({ refusal: { code: 'OUT_OF_TIME', partition: 2 } })
  } finally {
    vi.useRealTimers()
  }
})

/** The negotiation of an NBD client. */
const client = '\\0\\0\\0\\001IHAVEOPT\\0\\0\\0\\001\\0\\0\\0\\0'

const mode = { file: '81a4', folder: '41ed' }
/** Lists these files, named in `printf` escapes; after the removal, the ones in `left`. */
const listing = (files: string[], left: string[] = []) => {
  const records = (names: string[]) => [':', ...names.map((name) => `record '${mode.file} 1 ./${name}'`)].join('; ')
  return `if [ -e removed ]; then ${records(left)}; else ${records(files)}; fi`
}
const remove = `head -c "$count" <&3 >removed`

test('a temporary file whose name is not UTF-8 is removed by its bytes', async () => {
  const list = listing(['tmp/caf\\351', 'tmp/caf\\350', 'var/tmp/a', 'srv/caf\\351'], ['srv/caf\\351'])
  expect(await clean({ list, remove })).toBeNull()
  expect(readFileSync(join(folder, 'removed'), 'latin1')).toBe('./tmp/caf\xe9\0./tmp/caf\xe8\0./var/tmp/a\0')
  rmSync(join(folder, 'removed'))
  const left = { code: 'DAMAGED', partition: 2 }
  expect(await clean({ list: listing(['tmp/caf\\351'], ['tmp/caf\\351']), remove })).toEqual(left)
  rmSync(join(folder, 'removed'))
})

test('a temporary file whose name is not remembered is reported', async () => {
  const many = `i=0; while [ $i -lt 10001 ]; do record "${mode.file} 1 ./tmp/$i\\351"; i=$((i+1)); done`
  expect(await clean({ list: many, remove })).toEqual({ code: 'TEMPORARY_FILES_LEFT', partition: 2 })
  expect(existsSync(join(folder, 'removed'))).toBe(false)
})

test('temporary files in snapshots stay, and those in a folder named snapshot are removed', async () => {
  const snapshot = '@/.snapshots/7/snapshot'
  const tops = ['@', '@tmp', snapshot].map((path) => `record '${mode.folder} 1 ./${path}'`).join('; ')
  const kept = [`${snapshot}/var/tmp/x`, `${snapshot}/tmp/\\351`, '@/srv/x']
  const gone = ['@tmp/a', '@/tmp/snapshot/tmp/b', '@/var/tmp/c']
  expect(await clean({ list: `${tops}; ${listing([...kept, ...gone], kept)}`, remove })).toBeNull()
  expect(readFileSync(join(folder, 'removed'), 'latin1')).toBe(gone.map((path) => `./${path}\0`).join(''))
  rmSync(join(folder, 'removed'))
})

const broken = { boot: 'echo cannot start >&2; exit 1' }

test('a file system without chosen findings is skipped if no machine starts or the kernel cannot mount it', async () => {
  expect(await clean(broken)).toBeNull()
  expect(await clean(broken, { steps })).toEqual({ code: 'TOOLS_MISSING' })
  const damaged = { code: 'DAMAGED', partition: 2 }
  const refused = { mount: 'code=32', change: 'code=32' }
  expect(await clean(refused)).toBeNull()
  expect(await clean(refused, { isReset: false })).toBeNull()
  expect(await clean(refused, { steps })).toEqual(damaged)
  // It mounts read-only, and not writable.
  const reading = { change: 'code=32' }
  expect(await clean({ ...reading, list: listing(['etc/a']) })).toBeNull()
  expect(await clean({ ...reading, list: listing(['tmp/a']) })).toEqual(damaged)
  // A later failure is damage, not the kernel's refusal to mount.
  expect(await clean({ trim: 'code=1' })).toEqual(damaged)
  expect(await clean({ list: 'exit' })).toEqual(damaged)
})

test('without findings and temporary files to remove, nothing is listed', async () => {
  const list = `echo >listed; code=1`
  expect(await clean({ list }, { isReset: false })).toBeNull()
  expect(existsSync(join(folder, 'listed'))).toBe(false)
  expect(await clean({ list })).toEqual({ code: 'DAMAGED', partition: 2 })
})

test('the limits of files, names and time of a file system stop its cleaning', async () => {
  const list = listing(['etc/key', 'etc/a', 'etc/b'])
  const tooMany = { code: 'TOO_MANY_FILES', partition: 2 }
  for (const job of [{ steps, isReset: false }, {}]) {
    expect(await clean({ list }, { ...job, limits: { filesMax: 2 } })).toEqual(tooMany)
    expect(await clean({ list }, { ...job, limits: { filesMax: 3 } })).not.toEqual(tooMany)
  }
  // Without a listing no files are counted.
  expect(await clean({ list }, { isReset: false, limits: { filesMax: 2 } })).toBeNull()
  const long = `i=0; while [ $i -lt 40000 ]; do record "${mode.file} 1 ./tmp/$i-${'n'.repeat(1_000)}"; i=$((i+1)); done`
  expect(await clean({ list: long, remove })).toEqual({ code: 'TEMPORARY_FILES_LEFT', partition: 2 })
  expect(await clean({ list }, { limits: { heapMib: 8 } })).toEqual(tooMany)
  const asleep = { list: 'exec sleep 600' }
  expect(await clean(asleep, { limits: { timeMs: 2_000 } })).toEqual({ code: 'OUT_OF_TIME', partition: 2 })
})

test('a machine that reads a gigabyte does not block the calling thread', async () => {
  const disk = join(folder, 'gigabyte')
  const [length, count] = [1024 ** 2, 1024]
  writeFileSync(disk, Buffer.alloc(length))
  const request = Buffer.alloc(28)
  request.writeUInt32BE(0x25609513)
  request.writeUInt32BE(length, 24)
  writeFileSync(join(folder, 'requests'), Buffer.concat(Array.from({ length: count }, () => request)))
  const answered = 18 + 134 + count * (16 + length)
  const command = `printf '${client}' >&6; cat requests >&6 & head -c ${answered} <&6 >/dev/null`
  const job = { raw: disk, slot: { start: 0, size: length }, isReset: false }
  const busyMs = async (run: () => Promise<unknown>) => {
    const before = performance.eventLoopUtilization()
    await run()
    return performance.eventLoopUtilization(before).active
  }
  const own = await busyMs(() => clean({ change: command }, job))
  const here = await busyMs(() => change({ change: command }, job))
  expect(own).toBeLessThan(here / 2)
})

const full = smallDisk('tmpfs', 1)
afterAll(full.end)

test.skipIf(!full.isThere)(`a write that does not fit on the host is not blamed on the disk${full.note}`, async () => {
  const copy = join(full.folder, 'raw')
  writeFileSync(copy, '')
  truncateSync(copy, 4096)
  full.fill()
  // Writes a sector of zeros.
  const change = `printf '${client}\\045\\140\\225\\023\\0\\0\\0\\001' >&6; head -c 16 /dev/zero >&6; printf '\\0\\0\\002\\0' >&6
      head -c 512 /dev/zero >&6; exec sleep 600`
  await expect(clean({ change }, { raw: copy, isReset: false })).rejects.toThrow(NoRoom)
})
