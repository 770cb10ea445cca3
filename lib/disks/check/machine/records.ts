/** A record that is longer than any that was asked for. */
export class LongRecord extends Error {}

export type RecordsOptions = {
  word: string
  /** Most bytes of a record, asked anew for each. */
  max: () => number
  /** Hears a record; its bytes are its own. */
  onRecord: (record: Buffer) => void
}

/**
 * Takes a stream apart into records, each of which ends with a word that nobody could know when what is in the records was
 * written. The word may lie over two chunks. Throws `LongRecord` for one that is too long, also before it has ended. What is
 * in memory is at most twice the longest record and a chunk, until the stream is dropped.
 */
export function createRecords({ word, max, onRecord }: RecordsOptions) {
  const mark = Buffer.from(word, 'latin1')
  // One piece of memory: a list of chunks would cost many times their length where each is a byte.
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
