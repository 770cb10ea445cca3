// A process of its own for one copy of a file, because nothing but the end of its process stops the kernel in the middle of
// one. The kernel copies in a thread of the pool. Meanwhile this thread follows: it reads from the page cache what has
// arrived, hashes it and sends it to the disk. Messages to the parent: { done }, then { sha256 } or { code, message }.
import { createHash } from 'node:crypto'
import { closeSync, constants, copyFile, fdatasync, fstatSync, fsync, openSync, readSync } from 'node:fs'
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** The disk is kept busy meanwhile, instead of at the end alone. Syncing more often costs more than it gains. */
const syncBytes = 256 * 2 ** 20
const readBytes = 2 ** 20
/** Messages are sent, and the end of the parent is noticed, once in so many bytes. */
const breatheBytes = 32 * 2 ** 20
/** How long to wait for more bytes to arrive. */
const pauseMs = 2

const [from = '', to = '', hashing] = process.argv.slice(2)
const copying = { isDone: false, failure: null }

// Not process.exit, which would wait for the kernel to finish its copy.
const end = () => process.kill(process.pid, 'SIGKILL')

// Without its parent nobody wants the copy.
process.once('disconnect', end)

const tell = promisify(process.send?.bind(process) ?? (() => {}))

/** Reads the target as it grows, to its end; answers its SHA-256 where that is asked for. */
async function follow(file) {
  const hash = hashing === 'sha256' ? createHash('sha256') : null
  const piece = Buffer.allocUnsafe(readBytes)
  let syncing = Promise.resolve()
  let [done, told, synced] = [0, 0, 0]
  for (;;) {
    // Asked before the read: what arrived before the copy ended is then seen by a read after it.
    const { isDone, failure } = copying
    if (failure) throw failure
    const count = hash ? readSync(file, piece, 0, readBytes, done) : fstatSync(file).size - done
    hash?.update(piece.subarray(0, count))
    done += count
    if (count === 0 && isDone) break
    if (count === 0) await sleep(pauseMs)
    if (done - told >= breatheBytes) {
      told = done
      await tell({ done })
      await breathe()
    }
    if (done - synced >= syncBytes) {
      await syncing
      synced = done
      syncing = promisify(fdatasync)(file)
      // Its outcome is asked for above or below; until then it may fail unheard.
      syncing.catch(() => {})
    }
  }
  await syncing
  await tell({ done })
  return hash?.digest('hex') ?? null
}

try {
  // The parent has made it, for us alone.
  const file = openSync(to, 'r+')
  copyFile(from, to, constants.COPYFILE_FICLONE, (failure) => Object.assign(copying, { isDone: true, failure }))
  const sha256 = await follow(file)
  await promisify(fsync)(file)
  closeSync(file)
  await tell({ sha256 })
} catch ({ code, message }) {
  // A parent that cannot be told has ended.
  await tell({ code, message }).catch(() => {})
}
end()
