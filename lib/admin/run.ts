import { StartError } from '@/lib/embedded/data-folder'
import type { Result } from '@/lib/result'
import { connect } from './database'
import { Interrupted, watchSignals } from './interruption'
import { type Answer, say } from './output'
import { sentenceOf } from './refusals'

/** The work of a command. Long commands obey the signal; the others are quick. */
export type Work = (signal: AbortSignal) => Promise<Result<Answer>>

export type DatabaseNeeded = 'there' | 'new' | 'none'

export type RunOptions = { isJson: boolean; database: DatabaseNeeded }

/** Opens the database, runs a command, prints its outcome, closes the database, and returns the exit code. */
export async function run(work: Work, { isJson, database: needed }: RunOptions): Promise<number> {
  const signal = watchSignals()
  try {
    const database = needed === 'none' ? withoutDatabase() : await connect(signal, needed === 'new')
    try {
      const result = await work(signal)
      if (result.ok) return await say(result.value, isJson)
      console.error(sentenceOf(result.refusal))
      return 1
    } finally {
      await database.close()
    }
  } catch (error) {
    console.error(complaintOf(signal.aborted ? signal.reason : error))
    return signal.reason instanceof Interrupted ? signal.reason.exitCode : 1
  }
}

function withoutDatabase() {
  process.env.DATABASE_URL ||= 'postgresql://none'
  return { close: async () => {} }
}

function complaintOf(error: unknown): string {
  if (error instanceof StartError || error instanceof Interrupted) return error.message
  if (!(error instanceof Error)) return `This did not work: ${String(error)}`
  // The last line of Prisma's errors is the message; the rest is the calling code.
  const last = error.message.trim().split('\n').at(-1) ?? ''
  const stack = process.env.ECS_TRACE ? `\n${error.stack}` : ' (ECS_TRACE=1 shows where.)'
  return `This did not work: ${last}${stack}`
}
