import { UnreadableBlocks } from '../guest/blocks'
import { TooManyFiles } from '../guest/listing'
import { OutOfMemory } from '../guest/seven-zip'
import type { UncheckedReason } from './report'

/** The time limit of a check was reached. */
export class OutOfTime extends Error {}

/** The reason for which a check ended early. Rethrows errors that broken content does not explain. */
export function reasonOf(error: unknown): UncheckedReason {
  if (error instanceof OutOfTime) return 'TIME'
  if (error instanceof OutOfMemory || error instanceof TooManyFiles) return 'MEMORY'
  if (error instanceof UnreadableBlocks) return error.why === 'damaged' ? 'DAMAGED' : 'UNSUPPORTED_DISK'
  throw error
}
