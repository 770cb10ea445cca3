import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { convertDisk, findDiskTool } from './convert'
import { hasQemu, qemuImg, qemuNote } from './fixtures/qemu'
import { inspectDisk } from './inspect'
import { openFileReader } from './reader'
import { buildRawDisk } from './samples'
import { findSandbox, runSandboxed } from './sandbox'

const mib = 2 ** 20
const home = await mkdtemp(path.join(tmpdir(), 'convert, -'))
const at = (name: string) => path.join(home, name)
const raw = Buffer.concat([buildRawDisk({ sizeMib: 24, label: 'DEBIAN', seed: 1 }), randomBytes(8 * mib)])
await writeFile(at('disk.raw'), raw)
afterAll(() => rm(home, { recursive: true }))
beforeEach(() => vi.stubEnv('DATABASE_URL', 'none'))
afterEach(() => vi.unstubAllEnvs())

const sha256 = async (name: string) =>
  createHash('sha256')
    .update(await readFile(at(name)))
    .digest('hex')
const sandbox = await findSandbox(['true'])
const sandboxNote = sandbox?.kind === 'namespaces' ? '' : ' (skipped: no namespace can be made here)'
const limits = { fileBytes: mib, memoryBytes: 2 ** 36, processorSeconds: 60, openFiles: 64 }

test.skipIf(!hasQemu)(`qemu-img is found when it is installed while the console runs${qemuNote}`, async () => {
  const path = process.env.PATH
  vi.resetModules()
  const console = await import('./convert')
  vi.stubEnv('PATH', '/nowhere')
  expect(await console.findDiskTool()).toBeNull()
  vi.stubEnv('PATH', path)
  expect(await console.findDiskTool()).toMatchObject({ version: expect.stringMatching(/^\d/) })
})

test.skipIf(!hasQemu)(`a disk keeps its content, and the result is readable by its owner only${qemuNote}`, async () => {
  const told: number[] = []
  const job = { from: at('disk.raw'), format: 'raw', to: at('out.qcow2'), sizeMax: 64 * mib } as const
  expect(await convertDisk({ ...job, onProgress: (percent) => told.push(percent) })).toEqual({ ok: true })
  expect((await stat(job.to)).mode & 0o777).toBe(0o600)
  const reader = await openFileReader(job.to)
  expect(await inspectDisk(reader).finally(() => reader.close())).toMatchObject({ ok: true, disk: { format: 'qcow2' } })
  expect(await convertDisk({ ...job, from: job.to, format: 'qcow2', to: at('again.qcow2') })).toEqual({ ok: true })
  expect(await sha256('again.qcow2')).toBe(await sha256('out.qcow2'))
  qemuImg(home, 'convert', '-f', 'qcow2', '-O', 'raw', 'again.qcow2', 'back.raw')
  expect(await sha256('back.raw')).toBe(createHash('sha256').update(raw).digest('hex'))
  expect(told).toEqual([...told].sort((a, b) => a - b))
  expect(told.at(-1)).toBe(100)
})

const formats = [
  ['qcow2', ['-c']],
  ['qcow2', ['-c', '-o', 'compression_type=zstd,extended_l2=on']],
  ['vmdk', []],
  ['vmdk', ['-o', 'subformat=streamOptimized']],
  ['vhdx', []],
  ['vpc', ['-o', 'force_size=on']],
  ['vdi', []],
] as const
test.skipIf(!hasQemu || !sandbox).each(formats)(`the limits suffice for %s %j${qemuNote}`, async (format, options) => {
  qemuImg(home, 'convert', '-f', 'raw', '-O', format, ...options, 'disk.raw', 'source')
  const command = ['qemu-img', 'convert', '-f', format, '-O', 'raw', at('source'), at('limited.raw')]
  const within = { fileBytes: 64 * mib, memoryBytes: 2 ** 31, processorSeconds: 60, openFiles: 64 }
  expect(await runSandboxed(sandbox?.command(within, command) ?? [])).toMatchObject({ code: 0, stderr: '' })
  expect(await sha256('limited.raw')).toBe(createHash('sha256').update(raw).digest('hex'))
})

test.skipIf(!hasQemu)(
  `a disk that grows beyond the limit is stopped there, and nothing is left${qemuNote}`,
  async () => {
    const job = { from: at('disk.raw'), format: 'raw', to: at('bomb.qcow2'), sizeMax: 4 * mib } as const
    expect(await convertDisk(job)).toEqual({ ok: false, reason: 'conversion-too-large', facts: { sizeMaxGib: 0 } })
    expect(await readdir(home)).not.toContain('bomb.qcow2')
  },
)

test.skipIf(!hasQemu)(`a damaged disk is refused, and the refusal names no path${qemuNote}`, async () => {
  qemuImg(home, 'convert', '-f', 'raw', '-O', 'qcow2', '-c', 'disk.raw', 'bad.qcow2')
  // Behind the header and the tables, into the compressed clusters.
  const file = await open(at('bad.qcow2'), 'r+')
  await file.write(Buffer.alloc(2048, 0xff), 0, 2048, 5 * 65_536 + 64)
  await file.close()
  const job = { from: at('bad.qcow2'), format: 'qcow2', to: at('from-bad.qcow2'), sizeMax: 64 * mib } as const
  expect(await convertDisk(job)).toEqual({ ok: false, reason: 'conversion-failed', facts: {} })
  expect(await readdir(home)).not.toContain('from-bad.qcow2')
})

test.skipIf(!hasQemu)(`an abort and a time-out kill qemu-img and leave no file${qemuNote}`, async () => {
  // Zeros would be skipped. 256 MiB of another byte take longer than the first progress message.
  const filled = spawnSync('qemu-img', ['create', '-q', '-f', 'raw', at('large.raw'), '2G'])
  expect(filled.status).toBe(0)
  qemuImg(home, 'bench', '-q', '-w', '-f', 'raw', '-c', '256', '-s', '1M', '--pattern=65', 'large.raw')
  const job = { from: at('large.raw'), format: 'raw', to: at('never.qcow2'), sizeMax: 4096 * mib } as const
  const giving = new AbortController()
  const onProgress = () => giving.abort(new Error('Given up.'))
  await expect(convertDisk({ ...job, signal: giving.signal, onProgress })).rejects.toThrow('Given up.')
  expect(await convertDisk({ ...job, timeMaxMs: 1 })).toMatchObject({ ok: false, reason: 'conversion-failed' })
  await expect(convertDisk({ ...job, signal: AbortSignal.abort(new Error('Early.')) })).rejects.toThrow('Early.')
  expect(await readdir(home)).not.toContain('never.qcow2')
  expect(processesThatName('never.qcow2')).toEqual([])
})

test.skipIf(!hasQemu)(`nothing is converted if a sandbox is required and none can be made${qemuNote}`, async () => {
  vi.stubEnv('ECS_REQUIRE_SANDBOX', '1')
  vi.stubEnv('PATH', await pathWith({ unshare: 'exit 1' }))
  vi.resetModules()
  const { convertDisk: convert, findDiskTool: find } = await import('./convert')
  expect(await find()).toMatchObject({ sandbox: 'limits', version: expect.stringMatching(/^\d+\.\d+/) })
  const job = { from: at('disk.raw'), format: 'raw', to: at('unsafe.qcow2'), sizeMax: 64 * mib } as const
  expect(await convert(job)).toEqual({ ok: false, reason: 'sandbox-missing', facts: {} })
  vi.stubEnv('ECS_REQUIRE_SANDBOX', '0')
  vi.resetModules()
  const { convertDisk: convertWithin } = await import('./convert')
  expect(await convertWithin(job)).toEqual({ ok: true })
})

test.skipIf(!hasQemu)(`the tool is found with its version${qemuNote}`, async () => {
  expect(await findDiskTool()).toMatchObject({ path: expect.stringMatching(/^\/.*qemu-img$/), sandbox: sandbox?.kind })
})

test('without qemu-img there is no tool', async () => {
  vi.stubEnv('PATH', home)
  vi.resetModules()
  const { convertDisk: convert, findDiskTool: find } = await import('./convert')
  expect(await find()).toBeNull()
  const job = { from: at('disk.raw'), format: 'raw', to: at('x.qcow2'), sizeMax: 1 } as const
  await expect(convert(job)).rejects.toThrow('no qemu-img')
})

test.skipIf(sandbox?.kind !== 'namespaces')(
  `the sandbox has neither network nor our environment${sandboxNote}`,
  async () => {
    vi.stubEnv('NEXTAUTH_SECRET', 'a secret')
    const script = 'cat /proc/net/dev; env; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status; ulimit -c'
    let said = ''
    const run = sandbox?.command(limits, ['sh', '-c', script]) ?? []
    const end = await runSandboxed(run, { onOutput: (text) => (said += text) })
    expect(end.code).toBe(0)
    expect(said.match(/^ *\S+:(?= +\d)/gm)?.map((name) => name.trim())).toEqual(['lo:'])
    expect(said).not.toContain('a secret')
    expect(said).toMatch(/CapEff:\s0+\nCapBnd:\s0+\nNoNewPrivs:\s1\n0\n$/)
  },
)

test.skipIf(!sandbox)('stderr is read to its end, and its last lines are kept', async () => {
  const script = 'yes "noise noise noise" | head -c 3000000 >&2; echo the end >&2; exit 3'
  const end = await runSandboxed(sandbox?.command(limits, ['sh', '-c', script]) ?? [])
  expect(end.code).toBe(3)
  expect(end.stderr).toMatch(/the end\n$/)
  expect(end.stderr.length).toBeLessThan(20_000)
})

test.skipIf(!sandbox)('no process in the sandbox outlives its parent, even after kill -9', async () => {
  const name = `tail-${randomBytes(4).toString('hex')}`
  await writeFile(at(name), '')
  const inside = sandbox?.command({ ...limits, fileBytes: 0 }, ['tail', '-f', at(name)]) ?? []
  const script = `require('child_process').spawn(${JSON.stringify(inside[0])}, ${JSON.stringify(inside.slice(1))}, { detached: true, stdio: 'ignore' }); setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
  const others = () => processesThatName(name).filter((pid) => pid !== parent.pid)
  await expect.poll(others).toHaveLength(1)
  await expect.poll(() => spawnSync('cat', [`/proc/${others()[0]}/comm`]).stdout.toString()).toBe('tail\n')
  parent.kill('SIGKILL')
  await expect.poll(others).toEqual([])
})

function processesThatName(text: string): number[] {
  const { stdout } = spawnSync('pgrep', ['-f', text], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

/** A PATH on which these programs come first. */
async function pathWith(scripts: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(at('bin-'))
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  return `${folder}${path.delimiter}${process.env.PATH}`
}
