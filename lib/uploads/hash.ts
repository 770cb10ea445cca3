/** A file that is being hashed. `within` waits for the SHA-256; null if that takes longer or fails. */
export type FileHash = { within: (ms: number) => Promise<string | null>; stop: () => void }

/** Hashes a file in a worker while it is sent. If that fails, the file is uploaded without a checksum. */
export function hashFile(file: File): FileHash {
  let worker: Worker | undefined
  const sha256 = new Promise<string | null>((resolve) => {
    try {
      worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' })
      worker.onmessage = ({ data }) => resolve(typeof data === 'string' ? data : null)
      worker.onerror = () => resolve(null)
      worker.postMessage(file)
    } catch {
      resolve(null)
    }
  })
  const stop = () => worker?.terminate()
  void sha256.then(stop)
  return {
    within: async (ms) => {
      const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), ms))
      return await Promise.race([sha256, late])
    },
    stop,
  }
}
