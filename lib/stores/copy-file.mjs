// A separate process for one copy of a file, because only killing the process interrupts the kernel's copy. The kernel copies in a pool
// thread, and the main thread follows it: it reads the copied bytes from the page cache, hashes them and syncs them. Messages to the
// parent: { done }, then { sha256 } or { code, message }.
import { createHash } from 'node:crypto'
import { closeSync, constants, copyFile, fdatasync, fstatSync, fsync, openSync, readSync } from 'node:fs'
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Sync while copying, not only at the end. Syncing more often costs more than it gains. */
const syncBytes = 256 * 2 ** 20
const readBytes = 2 ** 20
const breatheBytes = 32 * 2 ** 20
/** How long to wait for more bytes to arrive. */
const pauseMs = 2

const [from = '', to = '', hashing] = process.argv.slice(2)
const copying = { isDone: false, failure: null }

// Not process.exit, which would wait for the kernel to finish its copy.
const end = () => process.kill(process.pid, 'SIGKILL')

// Without its parent the copy is useless.
process.once('disconnect', end)

const tell = promisify(process.send?.bind(process) ?? (() => {}))

async function follow(file) {
  const hash = hashing === 'sha256' ? createHash('sha256') : null
  const piece = Buffer.allocUnsafe(readBytes)
  let syncing = Promise.resolve()
  let [done, told, synced] = [0, 0, 0]
  for (;;) {
    // Read before the file, so that bytes copied before the end are seen by a later read.
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
      // Its outcome is awaited elsewhere; this avoids an unhandled rejection.
      syncing.catch(() => {})
    }
  }
  await syncing
  await tell({ done })
  return hash?.digest('hex') ?? null
}

try {
  // The parent created it with mode 0600.
  const file = openSync(to, 'r+')
  copyFile(from, to, constants.COPYFILE_FICLONE, (failure) => Object.assign(copying, { isDone: true, failure }))
  const sha256 = await follow(file)
  await promisify(fsync)(file)
  closeSync(file)
  await tell({ sha256 })
} catch ({ code, message }) {
  // If sending fails, the parent has ended.
  await tell({ code, message }).catch(() => {})
}
end()
