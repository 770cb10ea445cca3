// Connects the tap device of a machine to the operator's bridge. QEMU has the device as an open file and runs in an empty network
// namespace, so its guest reaches only the bridge.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Exit code of a command that could not open its tap device. */
export const networkLost = 77

/**
 * Makes the tap device an isolated port: it reaches the rest of the bridge, but no other machine. The bridge has one static address for
 * the port, learns no other, and from Linux 5.18 on drops frames from other addresses. A device that cannot be made such a port is
 * removed from the bridge.
 * @param {{ tap: string, bridge: string, mac: string }} network
 * @param {number} patienceMs Throws after this time, and at most as much again for undoing it, which is before a start is given up.
 */
export async function joinBridge({ tap, bridge, mac }, patienceMs = 5_000) {
  // Not every user's PATH contains these programs.
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' }
  let signal = AbortSignal.timeout(patienceMs)
  const call = (program, args) => run(program, args, { env, signal, killSignal: 'SIGKILL' })
  const ip = (...args) => call('ip', ['link', 'set', 'dev', tap, ...args])
  const port = (...args) => call('bridge', ['link', 'set', 'dev', tap, ...args])
  try {
    // It may be up already, as a port of its former bridge.
    await ip('down')
    // Before the host would send on it. The kernel may lack IPv6.
    await ip('addrgenmode', 'none').catch(() => {})
    // A bridge takes the lowest address of its ports as its own, so, as with libvirt, theirs are higher than any card's.
    await ip('address', `fe${mac.slice(2)}`)
    // A smaller MTU would lower that of the bridge.
    await ip('mtu', fs.readFileSync(`/sys/class/net/${bridge}/mtu`, 'utf8').trim())
    await ip('master', bridge)
    await port('isolated', 'on', 'learning', 'off', 'flood', 'off')
    await call('bridge', ['fdb', 'replace', mac, 'dev', tap, 'master', 'static'])
    await port('locked', 'on').catch(() => {})
    await ip('up')
  } catch (error) {
    const isSlow = signal.aborted
    signal = AbortSignal.timeout(patienceMs)
    await ip('nomaster').catch(() => {})
    throw isSlow ? new Error(`ip and bridge have not answered within ${patienceMs / 1000} s`, { cause: error }) : error
  }
}

/** Whether it is an isolated port of a bridge. A bridge that was removed and created again has lost its ports. */
export function isJoined({ tap }) {
  try {
    return fs.readFileSync(`/sys/class/net/${tap}/brport/isolated`, 'utf8').trim() === '1'
  } catch {
    return false
  }
}
