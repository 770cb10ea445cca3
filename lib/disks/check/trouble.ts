import { UnreadableBlocks } from '../guest/blocks'
import { TooManyFiles } from '../guest/listing'
import { OutOfMemory } from '../guest/seven-zip'
import type { UncheckedReason } from './report'

/** The time that a check may take is over. */
export class OutOfTime extends Error {}

/** Why a check ended early. What is no answer to broken content is thrown on. */
export function reasonOf(error: unknown): UncheckedReason {
  if (error instanceof OutOfTime) return 'TIME'
  if (error instanceof OutOfMemory || error instanceof TooManyFiles) return 'MEMORY'
  if (error instanceof UnreadableBlocks) return error.why === 'damaged' ? 'DAMAGED' : 'UNSUPPORTED_DISK'
  throw error
}
