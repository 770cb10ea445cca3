/**
 * Takes a stream apart into records, each of which ends with a word that nobody could know when what is in the records was
 * written. The word may lie over two chunks.
 */
export function createRecords(word: string, onRecord: (record: Buffer) => void) {
  const mark = Buffer.from(word, 'latin1')
  let parts: Buffer[] = []
  let tail = Buffer.alloc(0)
  return {
    hear: (chunk: Buffer) => {
      let data = tail.length > 0 ? Buffer.concat([tail, chunk]) : chunk
      for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark)) {
        const record = Buffer.concat([...parts, data.subarray(0, at)])
        parts = []
        data = data.subarray(at + mark.length)
        onRecord(record)
      }
      const kept = Math.min(data.length, mark.length - 1)
      if (data.length > kept) parts.push(data.subarray(0, data.length - kept))
      tail = Buffer.from(data.subarray(data.length - kept))
    },
  }
}
