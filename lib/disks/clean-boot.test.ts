import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bootDisk, bootUntil, whyNoMachine } from '@/lib/testing/boot-disk'
import { cleanDisk } from './clean'
import { hasTools, toolsNote } from './fixtures/tools'

const folder = mkdtempSync(join(tmpdir(), 'clean-boot-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tools = ['debugfs', 'e2fsck', 'qemu-img'] as const
const missing = whyNoMachine()
const note = missing ? ` (skipped: ${missing})` : toolsNote(...tools)

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
  expect(await bootUntil(target, ['Tiny Linux on'])).toContain('Tiny Linux on')
})
