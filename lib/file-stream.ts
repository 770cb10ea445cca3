import 'server-only'

/** The headers of an answer that is one viewer's alone. */
export const privately = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' }

/** Without it spreadsheets assume a local encoding. */
export const byteOrderMark = '\uFEFF'

type FileFacts = { name: string; type: string; parts: AsyncGenerator<string> }

/**
 * A download that is sent while it is read, part by part, as fast as the browser takes it: a long one takes no memory. A reader
 * who leaves ends the reading. The name is of ours and needs no escaping.
 */
export function fileStream({ name, type, parts }: FileFacts): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => void (await parts.return(undefined)),
  })
  const headers = { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name}"` }
  return new Response(body, { headers: { ...privately, ...headers } })
}
