import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Reader } from '@/lib/machines/reader'
import { until } from '@/lib/testing/until'
import { cleanInMachine, type MachineJob } from './machine'

// What the machine may answer, said by a shell at the other end of its line, which takes no notice of the disk.

const folder = mkdtempSync(join(tmpdir(), 'clean-answers-'))
afterAll(() => rmSync(folder, { recursive: true }))

const raw = join(folder, 'raw')
writeFileSync(raw, Buffer.alloc(4096))

/** What it does before its first word, and at the commands of these names; each answer has the code that is in `code`. */
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
  return { command: ['sh', script], accelerator: { accel: 'tcg', cpu: 'max' }, kernel: script, initrd: script }
}

const clean = (answers: Record<string, string>, job: Partial<MachineJob> = {}) =>
  cleanInMachine({
    ...{ reader: shellMachine(answers), raw, slot: { start: 0, size: 4096 }, partition: 2, kind: 'btrfs' },
    ...{ skipHole: (offset) => offset, steps: [], isReset: true, signal: new AbortController().signal },
    ...job,
  })

test('a machine that hangs as it boots ends with its job', async () => {
  const controller = new AbortController()
  const started = join(folder, 'started')
  const cleaning = clean({ boot: `echo >${started}; exec sleep 600` }, { signal: controller.signal })
  const ended = expect(cleaning).rejects.toThrow('called off')
  await until(() => expect(existsSync(started)).toBe(true))
  controller.abort(new Error('called off'))
  await ended
})
