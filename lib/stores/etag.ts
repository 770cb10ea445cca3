import { createHash } from 'node:crypto'

// Servers differ in how they say an ETag: Ceph answers the end of a multipart upload with an empty one, and a repeated end
// without quotes.

/** What a put has left on the server: the ETag of its answer without quotes, and the expected one. */
export type Sent = { answered: string; own: () => string | null }

const md5 = /^[0-9a-f]{32}$/

/** An ETag without quotes, for comparison; empty without one. */
export function bare(etag: string | undefined): string {
  return (etag ?? '').replace(/^W\//, '').replace(/"|&quot;/g, '')
}

/** The ETag that S3 gives to bytes that were sent at once. */
export function etagOfWhole(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The ETag of a multipart object; null if the parts' ETags are no digests, as with encryption by a custom key. */
export function etagOfParts(etags: (string | undefined)[]): string | null {
  const digests = etags.map(bare)
  if (!digests.every((digest) => md5.test(digest))) return null
  const hash = createHash('md5')
  for (const digest of digests) hash.update(Buffer.from(digest, 'hex'))
  return `${hash.digest('hex')}-${digests.length}`
}
