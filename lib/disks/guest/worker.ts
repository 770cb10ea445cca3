import { parentPort, workerData } from 'node:worker_threads'
import type { Progress, Task } from '../guest'
import { openFileBlocks } from './blocks'
import { openQcow2 } from './qcow2-blocks'
import { scanDisk } from './scan'

// The thread that parses a guest's disk. It gets a file, posts partial results and may be terminated at any time. A remote disk would
// need only another kind of `Blocks`, which asks the parent thread and waits for the answer in shared memory.

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
