import 'server-only'

/** The headers of an answer that is one viewer's alone. */
export const privately = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

/** Without it spreadsheets assume a local encoding. */
export const byteOrderMark = '\uFEFF'

export type FileFacts = { name: string; type: string; parts: AsyncGenerator<string> }

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
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => void (await parts.return(undefined)),
  })
  return new Response(body, { headers: { ...headers, 'Content-Type': type, ...asFile(name) } })
}
