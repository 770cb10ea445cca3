import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { joinBridge, networkLost } from './keeper/network.mjs'
import { macOf } from './mac'

const probeMs = 10_000

/** Descriptor of a machine's tap device, after that of its image's bytes. */
export const tapDescriptor = 4

/**
 * Opens a new tap device and executes another program that inherits it. Node has no ioctl(2), and QEMU's own helper is a child process,
 * which QEMU's sandbox denies. The device exists only while the file is open, so nothing is left whatever is killed. Its flags: no
 * packet information, and a virtio-net header for offloading.
 */
const openTap = `
use strict; use POSIX ();
my ($tap, $at, @inside) = @ARGV;
sub lost { print STDERR "$_[0]: $!\\n"; exit ${networkLost} }
$^F = 255;
sysopen(my $file, '/dev/net/tun', POSIX::O_RDWR()) or lost('/dev/net/tun');
my $asked = pack('a16 S x22', $tap, 0x1000 | 0x4000 | 0x0002);
ioctl($file, 0x400454ca, $asked) or lost($tap);
if (fileno($file) != $at) { POSIX::dup2(fileno($file), $at) or lost($tap); close($file); }
exec { $inside[0] } @inside or lost($inside[0]);
`

/** The host's network interface for a machine. Linux allows 15 characters. */
export function tapOf(id: string): string {
  return `ecs-${id.slice(-10)}`
}

/** A command that inherits a new tap device as descriptor `tapDescriptor`. If the device cannot be opened, it exits with `networkLost`. */
export function withTap(tap: string, inside: string[]): string[] {
  return ['perl', '-e', openTap, tap, String(tapDescriptor), ...inside]
}

/** The trial of a bridge that is running or succeeded. */
let trial: { bridge: string; problem: Promise<string | null> } | undefined

/** Why machines cannot be connected to a bridge of this host, found by a trial; null if they can. A successful trial is not repeated. */
export async function bridgeProblem(bridge: string): Promise<string | null> {
  const isThere = await access(path.join('/sys/class/net', bridge, 'bridge')).then(
    () => true,
    () => false,
  )
  if (!isThere) trial = undefined
  if (!isThere) return `${bridge} (ECS_MACHINE_NETWORK) is no bridge of this host. Create it, or set none.`
  // One trial for concurrent callers, because its device has a fixed name.
  if (trial?.bridge !== bridge) trial = { bridge, problem: tryBridge(bridge).then(() => null, lastLine) }
  const mine = trial
  const problem = await mine.problem
  if (problem !== null && trial === mine) trial = undefined
  return problem && `${problem}: a machine cannot be connected to ${bridge}. ${needed}`
}

const needed = 'The worker needs perl, iproute2, /dev/net/tun, and the right CAP_NET_ADMIN or root.'

/** Connects a tap device like a machine's for a moment. */
async function tryBridge(bridge: string): Promise<void> {
  const tap = `ecs-try-${process.pid % 10_000_000}`
  // The first line of output means that the device exists, which it does until the input ends.
  const [program = '', ...args] = withTap(tap, ['sh', '-c', 'echo; cat'])
  const holder = spawn(/* turbopackIgnore: true */ program, args, {
    timeout: probeMs,
    env: { ...process.env, LC_ALL: 'C' },
  })
  try {
    await new Promise<void>((resolve, reject) => {
      let said = ''
      holder.stderr.on('data', (text) => {
        said += text
      })
      holder.stdout.once('data', () => resolve())
      holder.once('error', reject).once('close', () => reject(new Error(said || 'perl ended')))
    })
    await joinBridge({ tap, bridge, mac: macOf(tap) })
  } finally {
    holder.stdin.end()
  }
}

function lastLine(error: { stderr?: string; message: string }): string {
  return (error.stderr || error.message).trim().split('\n').at(-1) ?? ''
}
