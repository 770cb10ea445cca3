import 'server-only'
import type { Fault, Refusal } from '@/lib/result'
import { statusOf } from '@/lib/status'

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

/** Where an upload answers otherwise, because of what a tus client does with a status: it tries 409 and 503 again. */
const ofUploads: Partial<Record<(Refusal | Fault)['code'], number>> = {
  OTHER_ACCOUNT: 403,
  // Its sender waits until the bar over the page goes.
  READ_ONLY: 507,
  // The import has ended or was cancelled: for its sender it is not there any more.
  IMAGE_BUSY: 404,
}

/** What an upload is refused for, with the status that says so. */
export function uploadRefusal(refusal: Refusal | Fault): UploadRefusal {
  return new UploadRefusal(refusal, ofUploads[refusal.code] ?? statusOf(refusal))
}
