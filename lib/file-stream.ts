import 'server-only'
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { log } from '@/lib/log'

/** The headers of an answer that is private to one viewer. */
export const privately = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

/** Spreadsheets assume a local encoding unless a file starts with it. */
export const byteOrderMark = '\uFEFF'

export type FileFacts = { name: string; type: string; parts: AsyncGenerator<string | Uint8Array> }

/** The headers of a file to save. The name is ours, never a tenant's text, so it needs no escaping. */
export function asFile(name: string): Record<string, string> {
  return { 'Content-Disposition': `attachment; filename="${name}"` }
}

// Each download holds a batch of rows, and at times one of the database connections that all tenants share.
const ofTenantMax = 2
const downloadsMax = 8
const kept = globalThis as typeof globalThis & { ecsDownloads?: string[] }
const idleMs = 60_000
const wholeMs = 30 * 60_000
const sessionLookMs = 10_000

/** Reserves a place among this process's streamed downloads. Returns its release, or null if the tenant or all have too many. */
export function takeDownload(ownerId: string): (() => void) | null {
  kept.ecsDownloads ??= []
  const running = kept.ecsDownloads
  if (running.length >= downloadsMax || running.filter((one) => one === ownerId).length >= ofTenantMax) return null
  running.push(ownerId)
  let isBack = false
  return () => {
    if (!isBack) running.splice(running.indexOf(ownerId), 1)
    isBack = true
  }
}

/** The headers of a download. They are the whole answer to HEAD, because Next.js neither reads nor cancels its body. */
export function fileHeaders({ name, type }: Pick<FileFacts, 'name' | 'type'>): Record<string, string> {
  return { 'Content-Type': type, ...asFile(name) }
}

/** `isOver`: whether the session has ended. `onEnd`: called once, however the download ends. */
export type DownloadHolder = { isOver: () => Promise<boolean>; onEnd: () => void }

/**
 * A download that is produced as fast as the browser reads it. Aborted if the reader leaves or reads nothing for a minute, after half
 * an hour, when the session ends, and by a fault.
 */
export function fileStream(
  file: FileFacts,
  headers: Record<string, string>,
  { isOver, onEnd }: DownloadHolder,
): Response {
  const { name, parts } = file
  const encoder = new TextEncoder()
  let idle: NodeJS.Timeout | undefined
  const began = performance.now()
  let lookedAt = began
  const end = async () => {
    clearTimeout(idle)
    onEnd()
    await parts.return(undefined)
  }
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      clearTimeout(idle)
      try {
        if (performance.now() - lookedAt > sessionLookMs) {
          lookedAt = performance.now()
          if (lookedAt - began > wholeMs) throw new Error('The download takes too long.')
          if (await isOver()) throw new Error('The session of a download has ended.')
        }
        const { done, value } = await parts.next()
        if (done) {
          controller.close()
          return await end()
        }
        controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
        idle = setTimeout(() => {
          controller.error(new Error('Nobody takes the download.'))
          void end()
        }, idleMs)
      } catch (error) {
        log.warn({ err: error, file: name }, 'A download was broken off.')
        controller.error(error)
        await end()
      }
    },
    cancel: end,
  })
  return new Response(body, { headers: { ...headers, ...fileHeaders(file) } })
}

/**
 * The parts of a ZIP archive of files that are read one after another. A failing file aborts the archive with its error, so that
 * no reader takes it for complete.
 */
export async function* archiveParts(
  files: { name: string; parts: AsyncGenerator<string> }[],
): AsyncGenerator<Uint8Array> {
  const archive = new ZipFile()
  const output = Readable.from(archive.outputStream)
  for (const { name, parts } of files) {
    archive.addReadStreamLazy(name, { forceZip64Format: true }, (give) => {
      give(
        null,
        Readable.from(parts).on('error', (error) => output.destroy(error)),
      )
    })
  }
  archive.end()
  try {
    yield* output
  } finally {
    output.destroy()
    for (const { parts } of files) await parts.return(undefined)
  }
}
