import { namesPath, partPath } from '../guest/seven-zip'
import { goodCodes, type Volume } from './file-list'

/** A file to read: path and size as listed. */
export type Wanted = { path: string; size: number }
/** Receives a file that was read completely. The callee may keep the buffer. */
export type OnContents<File extends Wanted> = (file: File, bytes: Buffer) => void

/** Failed runs after which the rest of a volume is given up; each costs as much as a listing. */
const failedRunsMax = 40

/**
 * Reads files with one run of 7-Zip into memory. They must be in listing order. If 7-Zip stops at one, the rest is read in smaller
 * runs. Returns those that could not be read, because of damage or because 7-Zip cannot select a name that it displays differently from
 * how it is stored.
 */
export async function readFiles<File extends Wanted>(
  volume: Volume,
  files: readonly File[],
  onContents: OnContents<File>,
): Promise<{ unread: number; isDamaged: boolean }> {
  let unread = 0
  let failed = 0
  const pending: (readonly File[])[] = [files]
  for (let batch = pending.pop(); batch; batch = pending.pop()) {
    if (batch.length === 0) continue
    const output = parseOutput(batch, onContents)
    const code = await volume.run({
      part: volume.part,
      // Before the bytes of each file there is a line with its name. Names are taken literally and begin at the root.
      args: ['x', '-so', '-bb1', '-bso1', '-spd', '-scsUTF-8', `-t${volume.archive}`, partPath, `@${namesPath}`],
      names: batch.map(({ path }) => path).join('\n'),
      onOutput: output.hear,
    })
    if (goodCodes.includes(code) && output.isWhole()) {
      unread += batch.length - output.read()
      continue
    }
    failed += 1
    const rest = output.rest()
    const middle = Math.ceil(rest.length / 2)
    if (rest.length <= 1 || failed > failedRunsMax) unread += rest.length
    else pending.push(rest.slice(middle), rest.slice(0, middle))
  }
  return { unread, isDamaged: failed > 0 }
}

/** Splits 7-Zip's output: for each file a line `- path` and the listed number of bytes, so no file content can imitate a line. */
function parseOutput<File extends Wanted>(files: readonly File[], onContents: OnContents<File>) {
  let line = ''
  let next = 0
  let read = 0
  let current: { file: File; bytes: Buffer; done: number } | null = null

  const endLine = () => {
    const path = line.startsWith('- ') ? line.slice(2) : null
    line = ''
    if (path === null) return
    let index = next
    while (index < files.length && files[index]?.path !== path) index += 1
    const file = files[index]
    if (!file) return
    next = index + 1
    current = { file, bytes: Buffer.alloc(file.size), done: 0 }
    endFile()
  }
  const endFile = () => {
    if (!current || current.done < current.bytes.length) return
    const { file, bytes } = current
    current = null
    read += 1
    onContents(file, bytes)
  }
  return {
    hear: (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; ) {
        if (current) {
          const length = Math.min(current.bytes.length - current.done, bytes.length - at)
          current.bytes.set(bytes.subarray(at, at + length), current.done)
          current.done += length
          at += length
          endFile()
        } else {
          const end = bytes.indexOf(0x0a, at)
          const stop = end < 0 ? bytes.length : end
          if (line.length < lineLengthMax) line += Buffer.from(bytes.subarray(at, stop)).toString('utf8')
          at = stop + 1
          if (end >= 0) endLine()
        }
      }
    },
    isWhole: () => current === null,
    read: () => read,
    /** The files after the last complete one. */
    rest: () => files.slice(current ? next - 1 : next),
  }
}

const lineLengthMax = 64 * 1024
