import { parentPort, workerData } from 'node:worker_threads'
import { changeInMachine } from './change'
import type { ChangeWord } from './machine'

// The thread in which a machine changes a file system.

const word: ChangeWord = await changeInMachine(workerData)
parentPort?.postMessage(word)
