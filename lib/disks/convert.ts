import 'server-only'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import type { DiskFormatId } from './formats/registry'
import { type DiskRefusal, refuseDisk } from './reasons'
import { findSandbox, runSandboxed, type Sandbox, type SandboxedEnd, type SandboxKind } from './sandbox'

/** qemu-img, and what keeps it in while it reads a stranger's disk. */
export type DiskTool = { path: string; version: string; sandbox: SandboxKind }

export type ConvertJob = {
  from: string
  /** What our inspector found. */
  format: DiskFormatId
  /** What lies under it, where its header names nothing: the bytes of an image under the disk of a machine. */
  backing?: { file: string; format: 'qcow2' | 'raw' }
  to: string
  /** Most bytes that the result may have. */
  sizeMax: number
  signal?: AbortSignal | undefined
  onProgress?: ((percent: number) => void) | undefined
  timeMaxMs?: number
}

const timeMaxMs = 2 * 60 * 60_000
const limits = { memoryBytes: 2 * 2 ** 30, processorSeconds: 60 * 60, openFiles: 64 }
/** Names of QEMU that differ from ours. Without the size calculation a VHD of an unknown maker loses its end. */
const qemuNames: Record<string, string> = { vhd: 'vpc,force_size_calc=current_size', iso: 'raw' }
/** Written in order, which `-W` would not: the same disk gives the same file. */
const output = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=65536,lazy_refcounts=off', '-S', '4k']

type Found = { tool: DiskTool; sandbox: Sandbox }
let found: Promise<Found | null> | undefined

/**
 * Null without qemu-img, or without a way to limit it. Looked for again while missing: it may be installed meanwhile.
 */
export async function findDiskTool(): Promise<DiskTool | null> {
  return (await find())?.tool ?? null
}

/** There is no room for the result: the fault is not the disk's. */
export class NoRoom extends Error {}

/**
 * Normalises a disk to qcow2: what comes out has no snapshots, no backing file and no second meaning. Only for a file whose
 * header the inspector has passed, with the format that it found: QEMU follows what a header says. Whatever goes wrong
 * leaves no file; an abort throws its reason, and a full file system `NoRoom`.
 */
export async function convertDisk(job: ConvertJob): Promise<{ ok: true } | DiskRefusal> {
  const here = await find()
  if (!here) throw new Error('There is no qemu-img that could be run within limits.')
  if (here.tool.sandbox === 'limits' && env().ECS_REQUIRE_SANDBOX) return refuseDisk('sandbox-missing')
  job.signal?.throwIfAborted()
  let isDone = false
  try {
    // Made by us, so that nobody else can read it from the first byte on.
    await open(job.to, 'w', 0o600).then((file) => file.close())
    const end = await runConvert(here, job)
    job.signal?.throwIfAborted()
    isDone = end.code === 0
    return isDone ? { ok: true } : refusalOf(end, job)
  } finally {
    if (!isDone) await rm(job.to, { force: true })
  }
}

async function runConvert({ tool, sandbox }: Found, job: ConvertJob): Promise<SandboxedEnd> {
  const under = job.backing
    ? `,backing.driver=${job.backing.format},backing.file.driver=file,backing.file.filename=${option(job.backing.file)}`
    : ''
  const source = `driver=${qemuNames[job.format] ?? job.format},file.driver=file,file.filename=${option(job.from)}${under}`
  const command = [tool.path, 'convert', '-p', '--image-opts', ...output, source, path.resolve(job.to)]
  const patience = AbortSignal.timeout(job.timeMaxMs ?? timeMaxMs)
  return await runSandboxed(sandbox.command({ ...limits, fileBytes: job.sizeMax }, command), {
    signal: AbortSignal.any([patience, ...(job.signal ? [job.signal] : [])]),
    onOutput: readPercent(job.onProgress),
  })
}

function refusalOf({ code, signal, stderr }: SandboxedEnd, job: ConvertJob): DiskRefusal {
  log.warn({ code, signal, stderr, from: job.from, format: job.format }, 'A disk could not be converted.')
  if (signal === 'SIGXFSZ' || /File too large/.test(stderr)) {
    return refuseDisk('conversion-too-large', { sizeMaxGib: Math.round((job.sizeMax / 2 ** 30) * 100) / 100 })
  }
  if (/No space left on device|Disk quota exceeded/.test(stderr)) throw new NoRoom(stderr)
  return refuseDisk('conversion-failed')
}

/** Reads `(12.34/100%)`, which comes again and again on one line. */
function readPercent(onProgress: ConvertJob['onProgress']): (text: string) => void {
  let rest = ''
  let last = -1
  return (text) => {
    const all = [...(rest + text).matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)]
    rest = (rest + text).slice(-20)
    const percent = Number(all.at(-1)?.[1] ?? last)
    if (percent > last) onProgress?.(percent)
    last = Math.max(percent, last)
  }
}

/** A path as the value of an option of QEMU, where a comma would begin the next. */
function option(file: string): string {
  return path.resolve(file).replaceAll(',', ',,')
}

async function find(): Promise<Found | null> {
  found ??= look()
  const here = await found
  if (here === null) found = undefined
  return here
}

async function look(): Promise<Found | null> {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const tool = path.resolve(folder, 'qemu-img')
    let said = ''
    const end = await runSandboxed([tool, '--version'], { onOutput: (text) => (said += text) }).catch(() => null)
    const version = /version (\S+)/.exec(said)?.[1]
    if (end?.code !== 0 || !version) continue
    const sandbox = await findSandbox([tool, '--version'])
    return sandbox && { tool: { path: tool, version, sandbox: sandbox.kind }, sandbox }
  }
  return null
}
