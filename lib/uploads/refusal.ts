import 'server-only'
import type { Fault, Refusal } from '@/lib/result'

/** A refusal in the form in which tus takes an answer out of its hooks. */
export class UploadRefusal extends Error {
  readonly status_code: number
  readonly body: string
  constructor(
    readonly refusal: Refusal | Fault,
    status: number,
  ) {
    super(refusal.code)
    this.status_code = status
    this.body = JSON.stringify({ refusal })
  }
}

const statuses: Partial<Record<(Refusal | Fault)['code'], number>> = {
  SIGNED_OUT: 401,
  NOT_PERMITTED: 403,
  OTHER_ACCOUNT: 403,
  INVALID_INPUT: 400,
  IMAGE_NOT_FOUND: 404,
  REGION_NOT_FOUND: 404,
  // The import has ended or was cancelled: for its sender it is not there any more.
  IMAGE_BUSY: 404,
  IMAGE_TOO_LARGE: 413,
  BUSY: 503,
  STORE_UNREACHABLE: 503,
  STORE_REFUSED: 503,
  // Its sender waits until the bar over the page goes.
  READ_ONLY: 507,
  STORE_FULL: 507,
  BYTES_QUOTA_FULL: 507,
  FAULT: 500,
}

/** What an upload is refused for, with the status that says so. */
export function uploadRefusal(refusal: Refusal | Fault, status: number = statuses[refusal.code] ?? 409): UploadRefusal {
  return new UploadRefusal(refusal, status)
}
