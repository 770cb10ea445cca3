import { StoreFull, StoreRefused, StoreUnreachable } from './errors'

/** Error codes of a full server: AWS, MinIO, Ceph, SeaweedFS. */
const full = [
  'QuotaExceeded',
  'InsufficientCapacity',
  'InsufficientStorage',
  'StorageFull',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]
const insufficientStorage = 507

const preconditionFailed = 412
/** 4xx errors that a retry may cure: too many requests, a conflict with another writer, bytes cut or changed in transit. */
const passingStatuses = [408, 409, preconditionFailed, 425, 429]
const passingCodes = [
  'BadDigest',
  'IncompleteBody',
  'InvalidPart',
  'NoSuchUpload',
  'RequestTimeout',
  'SlowDown',
  'XAmzContentSHA256Mismatch',
]

/** SDK errors without a response or a code. */
const withoutAnswer = ['TimeoutError', 'NetworkingError', 'CredentialsProviderError', 'TokenProviderError']

/** What to check, by the code of a response or a failed request; the first match counts. */
const advice: [RegExp, string][] = [
  [/^PreconditionFailed$/, 'Its bytes were replaced while they were read; read them again.'],
  [/^RequestTimeTooSkewed$/, 'Set the clock of this machine.'],
  [/^NoSuchBucket$/, 'Check the name of the bucket, and make it if it is missing.'],
  [/^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation)/, 'Check the region and the endpoint.'],
  [/^(CredentialsProvider|TokenProvider)Error$/, 'Set ECS_STORE_<REGION>_ACCESS_KEY_ID and …_SECRET_ACCESS_KEY.'],
  [/CERT|ISSUER|ALTNAME/, 'Check the certificate of the endpoint; NODE_EXTRA_CA_CERTS names a CA of your own.'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'Check the host name of the endpoint.'],
  [/^ECONNREFUSED$/, 'Check that the store runs, and the address and port of the endpoint.'],
]
const keyAdvice =
  'Check the access key and its secret, and that the key may list, read, write and delete in this bucket.'

/**
 * `StoreFull`, `StoreRefused` for a permanent 3xx or 4xx, else `StoreUnreachable`. Foreign errors are returned
 * unchanged.
 */
export function s3Error(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreFull || error instanceof StoreUnreachable) return error
  const status = statusOf(error)
  const code = codeOf(error)
  if (full.includes(code) || status === insufficientStorage) {
    return new StoreFull(`The bucket ${where} is full (${code}).`, { cause: error })
  }
  if (status !== undefined) {
    const message = `The bucket ${where} answers ${status} ${code}. ${toCheck(code, status)}`
    return new (isFinal(error) ? StoreRefused : StoreUnreachable)(message, { cause: error })
  }
  const isSdks = '$metadata' in error || '$response' in error || 'code' in error || withoutAnswer.includes(error.name)
  if (!isSdks) return error
  return new StoreUnreachable(`The bucket ${where} does not answer: ${code}. ${toCheck(code)}`, { cause: error })
}

/** Whether the server refuses the request permanently. */
export function isFinal(error: unknown): boolean {
  const status = statusOf(error) ?? 0
  const isRefusal = status >= 300 && status < 500 && !passingStatuses.includes(status)
  return isRefusal && error instanceof Error && !passingCodes.includes(codeOf(error))
}

/** Whether the server reports a missing key or bucket. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404
}

/** Whether the key's object was replaced since the first read. */
export function isReplaced(error: unknown): boolean {
  return statusOf(error) === preconditionFailed
}

/** Whether the server does not support this operation. */
export function isNotOffered(error: unknown): boolean {
  return statusOf(error) === 501 || statusOf(error) === 405
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const { $metadata } = error
  if (typeof $metadata !== 'object' || $metadata === null || !('httpStatusCode' in $metadata)) return undefined
  return Number($metadata.httpStatusCode)
}

function codeOf(error: Error): string {
  const isNodes = statusOf(error) === undefined && 'code' in error && typeof error.code === 'string'
  return (isNodes ? String(error.code) : error.name).replace(/[^\w.-]/g, '?').slice(0, 64)
}

function toCheck(code: string, status?: number): string {
  const known = advice.find(([pattern]) => pattern.test(code))?.[1]
  if (known) return known
  if (status === undefined) return 'Check that the store runs and that this machine reaches it.'
  if (status === 401 || status === 403) return keyAdvice
  if (status >= 500) return 'Look into the log of the store.'
  return 'Look this code up in the documentation of the store.'
}
