// Connects the tap device of a machine to the operator's bridge. QEMU has the device as an open file and lives in an empty
// network namespace, so its guest reaches the bridge and nothing else.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The exit code of a command that did not get its tap device. */
export const networkLost = 77

/**
 * Ports of machines are isolated: they reach what else is on the bridge, and never each other. The bridge knows the one
 * address that is behind the port, learns no other, and from Linux 5.18 on drops frames that come from another. What cannot be
 * made such a port is none.
 * @param {{ tap: string, bridge: string, mac: string }} network
 * @param {number} patienceMs Throws after this, and as long again for the way back: before a start is given up.
 */
export async function joinBridge({ tap, bridge, mac }, patienceMs = 5_000) {
  // Where they are is not in the path of every user.
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' }
  let signal = AbortSignal.timeout(patienceMs)
  const call = (program, args) => run(program, args, { env, signal, killSignal: 'SIGKILL' })
  const ip = (...args) => call('ip', ['link', 'set', 'dev', tap, ...args])
  const port = (...args) => call('bridge', ['link', 'set', 'dev', tap, ...args])
  try {
    // It may be up, from the bridge that it was on.
    await ip('down')
    // Before the host would speak on it. There may be no IPv6.
    await ip('addrgenmode', 'none').catch(() => {})
    // A bridge has the lowest address of its ports for its own, so theirs are higher than any card's, as libvirt's are.
    await ip('address', `fe${mac.slice(2)}`)
    // A smaller one would lower that of the bridge.
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

/** Whether it is an isolated port of a bridge. One that was removed and created again has lost its ports. */
export function isJoined({ tap }) {
  try {
    return fs.readFileSync(`/sys/class/net/${tap}/brport/isolated`, 'utf8').trim() === '1'
  } catch {
    return false
  }
}
