import { createHash } from 'node:crypto'

// Servers return ETags differently: Ceph completes a multipart upload with an empty one, and answers a repeated completion without
// quotes.

/** The result of a put: the ETag in the response without quotes, and the expected one. */
export type Sent = { answered: string; own: () => string | null }

const md5 = /^[0-9a-f]{32}$/

/** An ETag without quotes, for comparison; empty if there is none. */
export function bare(etag: string | undefined): string {
  return (etag ?? '').replace(/^W\//, '').replace(/"|&quot;/g, '')
}

/** The ETag that S3 gives to an object uploaded in one request. */
export function etagOfWhole(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The ETag of a multipart object; null if the parts' ETags are not MD5 digests, as with encryption by a custom key. */
export function etagOfParts(etags: (string | undefined)[]): string | null {
  const digests = etags.map(bare)
  if (!digests.every((digest) => md5.test(digest))) return null
  const hash = createHash('md5')
  for (const digest of digests) hash.update(Buffer.from(digest, 'hex'))
  return `${hash.digest('hex')}-${digests.length}`
}
