import 'server-only'
import type { Fault, Refusal } from '@/lib/result'
import { statusOf } from '@/lib/status'

/** A refusal in the form in which tus accepts a response from its hooks. */
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

/** Statuses that differ for uploads, because a tus client retries 409 and 503. */
const ofUploads: Partial<Record<(Refusal | Fault)['code'], number>> = {
  OTHER_ACCOUNT: 403,
  // The sender waits until the banner above the page disappears.
  READ_ONLY: 507,
  // The import has ended or was cancelled: for its sender it no longer exists.
  IMAGE_BUSY: 404,
}

export function uploadRefusal(refusal: Refusal | Fault): UploadRefusal {
  return new UploadRefusal(refusal, ofUploads[refusal.code] ?? statusOf(refusal))
}
