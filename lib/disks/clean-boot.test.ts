import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bootDisk, whyNoMachine } from '@/lib/testing/boot-disk'
import { cleanDisk } from './clean'
import { hasTools, toolsNote } from './fixtures/tools'

const folder = mkdtempSync(join(tmpdir(), 'clean-boot-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tools = ['debugfs', 'e2fsck', 'qemu-img'] as const
const missing = whyNoMachine()
const note = missing ? ` (skipped: ${missing})` : toolsNote(...tools)

/** Starts a machine from a disk, and answers what it writes to its serial port up to these words. */
async function bootUntil(disk: string, words: string): Promise<string> {
  const drive = `file=${disk},format=qcow2,if=virtio,snapshot=on`
  const args = ['-accel', 'tcg', '-m', '256', '-display', 'none', '-nic', 'none', '-serial', 'stdio', '-drive', drive]
  const machine = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  try {
    return await new Promise<string>((resolve, reject) => {
      const end = () => reject(new Error(`The machine ended: ${text}`))
      machine.once('error', reject).once('exit', end)
      machine.stderr.on('data', (bytes) => {
        text += bytes
      })
      machine.stdout.on('data', (bytes) => {
        text += bytes
        if (text.includes(words)) resolve(text)
      })
    })
  } finally {
    machine.kill('SIGKILL')
  }
}

test.skipIf(missing !== null || !hasTools(...tools))(`a cleaned disk still boots${note}`, async (context) => {
  const path = await bootDisk()
  if (path === null) return context.skip('the packages of the disk that boots cannot be had')
  const target = join(folder, 'clean.qcow2')
  const signal = new AbortController().signal
  const job = {
    source: { path, format: 'qcow2' as const },
    target,
    findings: [],
    isReset: true,
    sizeMax: 2 ** 27,
    signal,
  }
  expect(await cleanDisk(job)).toEqual({ ok: true })
  expect(await bootUntil(target, 'Tiny Linux on')).toContain('Tiny Linux on')
})
