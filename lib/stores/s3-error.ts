import { StoreFull, StoreUnreachable } from './errors'

/** What servers say that have no room left: AWS, MinIO, Ceph, SeaweedFS. */
const full = [
  'QuotaExceeded',
  'InsufficientCapacity',
  'InsufficientStorage',
  'StorageFull',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]
const insufficientStorage = 507
/** Failures of the SDK before or without an answer that have no code. */
const withoutAnswer = ['TimeoutError', 'NetworkingError', 'CredentialsProviderError', 'TokenProviderError']

/** What a failure of the SDK means to whoever keeps bytes in the bucket; any other error as it is. */
export function s3Error(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreFull || error instanceof StoreUnreachable) return error
  if (full.includes(error.name) || statusOf(error) === insufficientStorage) {
    return new StoreFull(`The bucket ${where} is full (${error.name}).`, { cause: error })
  }
  const isSdks = '$metadata' in error || '$response' in error || 'code' in error || withoutAnswer.includes(error.name)
  if (!isSdks) return error
  return new StoreUnreachable(`The bucket ${where} cannot be read or written (${error.name}).`, { cause: error })
}

/** Whether the server says that something is not there, be it the key or the bucket. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404
}

/** Whether the server does not have this operation. */
export function isNotOffered(error: unknown): boolean {
  return statusOf(error) === 501 || statusOf(error) === 405
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const { $metadata } = error
  if (typeof $metadata !== 'object' || $metadata === null || !('httpStatusCode' in $metadata)) return undefined
  return Number($metadata.httpStatusCode)
}
