import 'server-only'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import type { DiskFormatId } from './formats/registry'
import { type DiskRefusal, refuseDisk } from './reasons'
import { findSandbox, runSandboxed, type Sandbox, type SandboxedEnd, type SandboxKind } from './sandbox'

/** qemu-img, and the sandbox in which it reads untrusted disks. */
export type DiskTool = { path: string; version: string; sandbox: SandboxKind }

export type ConvertJob = {
  from: string
  /** As found by the inspector. */
  format: DiskFormatId
  /** The backing file if the header names none: an image's bytes under an instance's overlay. */
  backing?: { file: string; format: 'qcow2' | 'raw' }
  to: string
  /** Maximum size of the result in bytes. */
  sizeMax: number
  signal?: AbortSignal | undefined
  onProgress?: ((percent: number) => void) | undefined
  timeMaxMs?: number
}

const timeMaxMs = 2 * 60 * 60_000
const limits = { memoryBytes: 2 * 2 ** 30, processorSeconds: 60 * 60, openFiles: 64 }
/** QEMU's names that differ from ours. Without the size calculation, a VHD of an unknown creator loses its end. */
const qemuNames: Record<string, string> = { vhd: 'vpc,force_size_calc=current_size', iso: 'raw' }
/** No `-W`: written in order, the same disk gives the same file. */
const output = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=65536,lazy_refcounts=off', '-S', '4k']

type Found = { tool: DiskTool; sandbox: Sandbox }
let found: Promise<Found | null> | undefined

/**
 * Finds qemu-img; null if it is missing or cannot be limited. If missing, it is looked for again at each call, since it may be
 * installed later.
 */
export async function findDiskTool(): Promise<DiskTool | null> {
  return (await find())?.tool ?? null
}

/** The destination is full; the disk is not at fault. */
export class NoRoom extends Error {}

/**
 * Converts a disk to qcow2 without snapshots or a backing file. Call it only with a file whose header the inspector has accepted, and
 * with the format it found: QEMU follows what a header says. On any failure no file remains; an abort throws its reason, and a full
 * file system throws `NoRoom`.
 */
export async function convertDisk(job: ConvertJob): Promise<{ ok: true } | DiskRefusal> {
  const here = await find()
  if (!here) throw new Error('There is no qemu-img that could be run within limits.')
  if (here.tool.sandbox === 'limits' && env().ECS_REQUIRE_SANDBOX) return refuseDisk('sandbox-missing')
  job.signal?.throwIfAborted()
  let isDone = false
  try {
    // Created here, so that it is private from the first byte on.
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

/** Parses qemu-img's progress, such as `(12.34/100%)`, which is repeated on one line. */
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

/** A path as a value in QEMU's option syntax, with commas doubled. */
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
