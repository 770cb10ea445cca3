import { parentPort, workerData } from 'node:worker_threads'
import type { Progress, Task } from '../guest'
import { openFileBlocks } from './blocks'
import { openQcow2 } from './qcow2-blocks'
import { scanDisk } from './scan'

// The thread in which the bytes of a guest are looked into. It is told a file, says what it finds, and may be ended at any
// time. A disk that is elsewhere needs no more than other blocks here: ones that ask the thread that started this one and
// wait for the answer in shared memory.

const tell = (progress: Progress) => parentPort?.postMessage(progress)
const { path, format, memoryBytesMax }: Task = workerData
const file = openFileBlocks(path)
const layout = await scanDisk({
  open: () => (format === 'qcow2' ? openQcow2(file) : file),
  memoryBytesMax,
  onProgress: (layout) => tell({ layout, isWhole: false }),
})
file.close()
tell({ layout, isWhole: true })
