/** A record exceeded its maximum length. */
export class LongRecord extends Error {}

export type RecordsOptions = {
  word: string
  /** Maximum length of a record, read anew for each. */
  max: () => number
  /** Receives a record. The callee may keep the buffer. */
  onRecord: (record: Buffer) => void
}

/**
 * Splits a stream into records. Each ends with a random word that was unknown when the contents were written. The word may span two
 * chunks. Throws `LongRecord` as soon as a record is too long. Memory is at most twice the longest record plus a chunk, until the
 * stream is dropped.
 */
export function createRecords({ word, max, onRecord }: RecordsOptions) {
  const mark = Buffer.from(word, 'latin1')
  // One buffer: a list of one-byte chunks would take many times their length.
  let held = Buffer.alloc(0)
  let length = 0
  const append = (chunk: Buffer) => {
    if (held.length < length + chunk.length) {
      const larger = Buffer.alloc(Math.max(2 * held.length, length + chunk.length))
      held.copy(larger, 0, 0, length)
      held = larger
    }
    chunk.copy(held, length)
    length += chunk.length
  }
  return {
    hear: (chunk: Buffer) => {
      const from = Math.max(0, length - mark.length + 1)
      append(chunk)
      const heard = held.subarray(0, length)
      let start = 0
      for (let at = heard.indexOf(mark, from); at >= 0; at = heard.indexOf(mark, start)) {
        if (at - start > max()) throw new LongRecord()
        onRecord(Buffer.from(heard.subarray(start, at)))
        start = at + mark.length
      }
      held.copyWithin(0, start, length)
      length -= start
      if (length > max() + mark.length) throw new LongRecord()
    },
  }
}
