// The viewers of a machine. QEMU's serial port serves one client, which is the keeper; it relays to several viewers.
import net from 'node:net'

export const viewersMost = 4
/** A viewer that is this many bytes behind is disconnected. It reconnects and resumes. */
const behindMost = 1024 * 1024

/** A limited set of viewers. A further one is refused, or with take-over replaces the oldest. */
export function openViewers() {
  const viewers = new Set()

  /** @returns {boolean} whether there was a free slot, which the viewer keeps until its socket closes. */
  function admit(viewer, isTakeOver) {
    if (viewers.size >= viewersMost && !isTakeOver) return false
    if (viewers.size >= viewersMost) {
      const [first] = viewers
      viewers.delete(first)
      first.destroy()
    }
    viewers.add(viewer)
    viewer.once('close', () => viewers.delete(viewer))
    return true
  }

  return { admit, all: () => viewers, count: () => viewers.size }
}

/**
 * The serial port in both directions: output goes to the log and all viewers, their input to the machine.
 * @param {string} path
 */
export async function openSerial(path, log) {
  const port = net.connect(path)
  await new Promise((resolve, reject) => port.once('connect', resolve).once('error', reject))
  port.on('error', () => {})
  const viewers = openViewers()
  port.on('data', (chunk) => {
    log.append(chunk)
    for (const viewer of viewers.all()) {
      viewer.write(chunk)
      if (viewer.writableLength > behindMost) viewer.destroy()
    }
  })

  function join(viewer, { offset = null, isTakeOver = false }) {
    if (!viewers.admit(viewer, isTakeOver)) return sayFull(viewer)
    const missed = log.from(offset)
    const replayed = missed.bytes.length
    viewer.write(`${JSON.stringify({ offset: missed.offset, replayed, viewers: viewers.count() })}\n`)
    viewer.write(missed.bytes)
    viewer.on('data', (typed) => {
      if (port.write(typed)) return
      viewer.pause()
      port.once('drain', () => viewer.resume())
    })
    viewer.resume()
  }

  return { join }
}

/** The screen: each viewer has its own connection to QEMU, with backpressure in both directions. */
export function openScreen(path) {
  const viewers = openViewers()

  function join(viewer, { isTakeOver = false }) {
    if (!viewers.admit(viewer, isTakeOver)) return sayFull(viewer)
    const screen = net.connect(path)
    const end = () => {
      screen.destroy()
      viewer.destroy()
    }
    screen.on('error', end).on('close', end)
    viewer.on('error', end).on('close', end)
    viewer.write(`${JSON.stringify({ viewers: viewers.count() })}\n`)
    screen.pipe(viewer)
    viewer.pipe(screen)
  }

  return { join }
}

function sayFull(viewer) {
  viewer.end(`${JSON.stringify({ full: viewersMost })}\n`)
}
