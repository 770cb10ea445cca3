import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import SevenZip, { type FileSystem, type Mount, type Node, type Stream } from '7z-wasm'
import { type Blocks, UnreadableBlocks } from './blocks'

// The WebAssembly sees one file, the partition to read, and its output goes to a callback. No host folder is mounted into it, so a
// hostile file system can do harm only inside.

const folder = '/disk'
const fileName = 'part'
/** Path of the partition inside 7-Zip's file system. */
export const partPath = `${folder}/${fileName}`
/** Path of the list of names that a run is given. */
export const namesPath = '/names'

const folderMode = 0o040555
const fileMode = 0o100444
/** WASI error numbers. */
const errors = { notThere: 44, io: 29, readOnly: 69 } as const
const standardOutput = 1

/** 7-Zip requested more memory than its limit. */
export class OutOfMemory extends Error {}

export type SevenZipRun = {
  part: Blocks
  args: string[]
  /** Receives output bytes, which are valid only during the call. Throwing ends the run. */
  onOutput: (bytes: Uint8Array) => void
  /** Text that 7-Zip can read as the file `namesPath`. */
  names?: string
}

/** Returns a function that runs 7-Zip in a fresh instance each time and returns its exit code. */
export async function loadSevenZip(memoryBytesMax: number): Promise<(run: SevenZipRun) => Promise<number>> {
  const compiled = await WebAssembly.compile(readFileSync(createRequire(import.meta.url).resolve('7z-wasm/7zz.wasm')))
  return async ({ part, args, onOutput, names }) => {
    // An exception of our callbacks passes through WebAssembly as a 7-Zip error or gets lost, so it is kept here.
    const failed: { error: Error | null } = { error: null }
    const fail = (error: Error) => {
      failed.error ??= error
    }
    const { FS, callMain } = await SevenZip({
      print: () => {},
      printErr: () => {},
      instantiateWasm: (imports, onReady) => {
        limitMemory(imports, memoryBytesMax, () => fail(new OutOfMemory()))
        WebAssembly.instantiate(compiled, imports).then((instance) => onReady(instance, compiled))
        return {}
      },
    })
    FS.mkdir(folder)
    FS.mount({ mount: (mount) => mountPart(FS, mount, readingFrom(part, fail)) }, {}, folder)
    if (names !== undefined) FS.writeFile(namesPath, names)
    catchOutput(FS, onOutput, fail)
    const code = runMain(callMain, args, fail)
    if (failed.error) throw failed.error
    return code
  }
}

function runMain(
  callMain: (args: string[]) => number | undefined,
  args: string[],
  fail: (error: Error) => void,
): number {
  try {
    return callMain(args) ?? 0
  } catch (error) {
    // A WebAssembly trap means broken content, like any other exit code; it could reach only its own memory. So does an uncaught C++
    // exception, which arrives as its address.
    if (!(error instanceof WebAssembly.RuntimeError) && typeof error !== 'number')
      fail(error instanceof Error ? error : new Error(String(error)))
    return 2
  }
}

function limitMemory(imports: WebAssembly.Imports, bytesMax: number, onOver: () => void): void {
  const environment = imports.env
  const grow = environment?.emscripten_resize_heap
  if (!environment || typeof grow !== 'function') throw new Error('7z-wasm asks for memory in another way than it did.')
  environment.emscripten_resize_heap = (bytes: number) => {
    // WebAssembly passes an unsigned 32-bit size as a signed number.
    if (bytes >>> 0 <= bytesMax) return grow(bytes)
    onOver()
    return 0
  }
}

type Reading = { size: number; read: (into: Uint8Array, offset: number) => number | null }

function readingFrom(part: Blocks, fail: (error: Error) => void): Reading {
  return {
    size: part.size,
    read: (into, offset) => {
      try {
        return part.readInto(into, offset)
      } catch (error) {
        fail(error instanceof Error ? error : new UnreadableBlocks('damaged'))
        return null
      }
    },
  }
}

function mountPart(FS: FileSystem, mount: Mount, reading: Reading): Node {
  const refuse = (errno: number) => () => {
    throw new FS.ErrnoError(errno)
  }
  const attributes = (mode: number, size: number) => {
    const time = new Date(0)
    const same = { dev: 1, ino: 1, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096 }
    return { ...same, mode, size, blocks: Math.ceil(size / 512), atime: time, mtime: time, ctime: time }
  }
  const root = FS.createNode(null, '/', folderMode, 0)
  const file = FS.createNode(root, fileName, fileMode, 0)
  root.node_ops = {
    getattr: () => attributes(folderMode, 4096),
    lookup: (_: Node, name: string) => (name === fileName ? file : refuse(errors.notThere)()),
    readdir: () => ['.', '..', fileName],
    mknod: refuse(errors.readOnly),
  }
  root.stream_ops = {}
  file.node_ops = { getattr: () => attributes(fileMode, reading.size), setattr: refuse(errors.readOnly) }
  file.stream_ops = {
    llseek: (stream: Stream, offset: number, whence: number) =>
      offset + (whence === 1 ? stream.position : whence === 2 ? reading.size : 0),
    read: (_: Stream, memory: Int8Array, at: number, length: number, position: number) =>
      reading.read(bytesOf(memory, at, length), position) ?? refuse(errors.io)(),
    write: refuse(errors.readOnly),
  }
  mount.root = root
  return root
}

// Raw output bytes: Emscripten's line-wise output would decode all of a line before its length could be checked.
function catchOutput(FS: FileSystem, onOutput: (bytes: Uint8Array) => void, fail: (error: Error) => void): void {
  const output = FS.getStream(standardOutput)
  if (!output) throw new Error('7z-wasm has no standard output.')
  output.stream_ops = {
    ...output.stream_ops,
    write: (_: Stream, memory: Int8Array, at: number, length: number) => {
      try {
        onOutput(bytesOf(memory, at, length))
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)))
        throw new FS.ErrnoError(errors.io)
      }
      return length
    },
  }
}

// Emscripten exposes its memory as signed bytes.
function bytesOf(memory: Int8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, memory.byteOffset + at, length)
}
