import { passwordMax } from '@/lib/accounts/rules'

/** The password on stdin: everything up to its end, without one trailing newline, so that `echo` and files work. */
export async function readPassword(): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    size += chunk.length
    // Too long already, whatever else comes: a character has 4 bytes at most.
    if (size > 4 * passwordMax + 2) break
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
