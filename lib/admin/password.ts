import { passwordMax } from '@/lib/accounts/rules'

/** The password from stdin, without one trailing newline, so that `echo` and files work. */
export async function readPassword(): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    size += chunk.length
    // Certainly too long: a character has at most 4 bytes.
    if (size > 4 * passwordMax + 2) break
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
