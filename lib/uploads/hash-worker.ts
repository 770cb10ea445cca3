import { createSHA256 } from 'hash-wasm'

// Hashes a file in pieces in a worker, and posts its SHA-256. WebAssembly is allowed only here.

const pieceBytes = 4 * 2 ** 20

self.onmessage = async ({ data: file }: MessageEvent<File>) => {
  const hash = await createSHA256()
  for (let at = 0; at < file.size; at += pieceBytes) {
    hash.update(new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer()))
  }
  self.postMessage(hash.digest('hex'))
}
