// The output of a machine's serial port: the last 256 KiB, also after its end. Every byte has an offset from the
// machine's first, so that a viewer can resume where it was cut off.
import fs from 'node:fs'

export const logKept = 256 * 1024

/** @param {string} file */
export function openConsoleLog(file) {
  let { start, bytes } = readConsoleLog(file)
  let descriptor = rewrite()
  let written = bytes.length

  // The first line holds the offset of the file's first byte.
  function rewrite() {
    fs.writeFileSync(`${file}.new`, Buffer.concat([Buffer.from(`${start}\n`), bytes]), { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
    return fs.openSync(file, 'a')
  }

  /** @param {Buffer} chunk */
  function append(chunk) {
    bytes = Buffer.concat([bytes, chunk])
    written += chunk.length
    if (bytes.length > logKept) {
      start += bytes.length - logKept
      bytes = bytes.subarray(-logKept)
    }
    try {
      fs.writeSync(descriptor, chunk)
      if (written <= 2 * logKept) return
      fs.closeSync(descriptor)
      descriptor = rewrite()
      written = bytes.length
    } catch {
      // If the disk is full, only the log on disk is lost, never the machine or its viewers.
    }
  }

  function from(offset) {
    const begin = Math.min(Math.max(offset ?? start, start), start + bytes.length)
    return { offset: begin, bytes: bytes.subarray(begin - start) }
  }

  return { append, from, end: () => start + bytes.length }
}

/** Reads the log of a machine, running or not. */
export function readConsoleLog(file) {
  if (!fs.existsSync(file)) return { start: 0, bytes: Buffer.alloc(0) }
  const whole = fs.readFileSync(file)
  const line = whole.indexOf(10)
  const first = Number(whole.subarray(0, line).toString())
  const content = whole.subarray(line + 1)
  const cut = Math.max(0, content.length - logKept)
  return { start: first + cut, bytes: Buffer.from(content.subarray(cut)) }
}
