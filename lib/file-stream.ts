import 'server-only'
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'

/** The headers of an answer that is one viewer's alone. */
export const privately = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

/** Without it spreadsheets assume a local encoding. */
export const byteOrderMark = '\uFEFF'

export type FileFacts = { name: string; type: string; parts: AsyncGenerator<string | Uint8Array> }

/** The name is ours, never a tenant's text, and needs no escaping. */
export function asFile(name: string): Record<string, string> {
  return { 'Content-Disposition': `attachment; filename="${name}"` }
}

/** A download that is read as fast as the browser takes it. A reader who leaves ends the reading. */
export function fileStream({ name, type, parts }: FileFacts, headers: Record<string, string>): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
    },
    cancel: async () => void (await parts.return(undefined)),
  })
  return new Response(body, { headers: { ...headers, 'Content-Type': type, ...asFile(name) } })
}

/**
 * The parts of a ZIP archive of files that are read one after the other. What fails ends the archive with the error, so that no
 * reader takes it for a whole one.
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
