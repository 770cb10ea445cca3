import { parentPort, workerData } from 'node:worker_threads'
import type { CheckTask, CheckWord, ReaderAnswer } from '../check'
import { type Blocks, makeBlocks, openFileBlocks } from '../guest/blocks'
import { openQcow2 } from '../guest/qcow2-blocks'
import { checkDisk } from './scan'
import { OutOfTime } from './trouble'

// The thread that checks a disk. It may be terminated at any time, so it posts partial results.

/** Minimum interval, so that a long report is not copied for every batch. */
const wordMs = 500

const tell = (word: CheckWord) => parentPort?.postMessage(word)
const { path, format, deep, memoryBytesMax, filesMax, timeMs }: CheckTask = workerData
const ends = performance.now() + timeMs
const file = openFileBlocks(path)
let toldAt = 0
const report = await checkDisk({
  open: () => (format === 'qcow2' ? openQcow2(timed(file)) : timed(file)),
  deep,
  memoryBytesMax,
  filesMax,
  checkTime,
  timeLeft: () => ends - performance.now(),
  findReader: async () => {
    tell({ needsReader: true })
    return await new Promise((resolve) => parentPort?.once('message', ({ reader }: ReaderAnswer) => resolve(reader)))
  },
  onTrouble: (trouble) => tell({ trouble }),
  onProgress: (progress) => tell({ progress }),
  onReport: (report) => {
    if (performance.now() - toldAt < wordMs) return
    toldAt = performance.now()
    tell({ report, isWhole: false })
  },
})
file.close()
tell({ report, isWhole: true })

/** Blocks that throw when the time is up: 7-Zip reads often, and nothing else can stop it. */
function timed(blocks: Blocks): Blocks {
  return makeBlocks(blocks.size, (into, offset) => {
    checkTime()
    return blocks.readInto(into, offset)
  })
}

function checkTime(): void {
  if (performance.now() > ends) throw new OutOfTime()
}
