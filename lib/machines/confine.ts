import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { withoutAmbient } from '@/lib/disks/sandbox'

const run = promisify(execFile)

export type Limits = {
  /** Address space of the process in bytes: the guest's memory and QEMU's own. */
  addressBytes: number
  fileBytes: number
}

/** `uid`: a separate user for each machine. `shared`: the console's user, with resource limits only. */
export type Confinement = {
  kind: 'uid' | 'shared'
  /** Whether it has an isolated network namespace. */
  isIsolated: boolean
  command: (limits: Limits, uid: number, inside: string[]) => string[]
}

const processesMost = 256
const filesMost = 1024
const withoutRights = ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all']
// The kernel kills QEMU when its keeper ends, even by SIGKILL. It comes after `unshare`, which would clear it.
const tied = ['--pdeathsig', 'KILL']

function ways(isRoot: boolean, groups: number[]) {
  const group = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups'
  const own = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, group, ...withoutRights, ...tied]
  const ours = () => ['setpriv', ...withoutRights, ...tied]
  const net = ['unshare', '--net', '--']
  const user = ['unshare', '--user', '--map-root-user', '--net', '--']
  const asRoot = [
    { kind: 'uid', isIsolated: true, prefix: (uid: number) => [...net, ...own(uid)] },
    { kind: 'uid', isIsolated: false, prefix: own },
  ] as const
  const asUser = [
    { kind: 'shared', isIsolated: true, prefix: () => [...user, ...ours()] },
    { kind: 'shared', isIsolated: false, prefix: () => ['setpriv', '--no-new-privs', ...withoutAmbient, ...tied] },
  ] as const
  return isRoot ? asRoot : asUser
}

/**
 * The strongest confinement that works on this host, found by trying. Without a network namespace the process could reach services of
 * this host, so a way without one comes last. `groups` are those that may open /dev/kvm.
 */
export async function findConfinement(probeUid: number, groups: number[]): Promise<Confinement> {
  for (const { kind, isIsolated, prefix } of ways(process.getuid?.() === 0, groups)) {
    const command: Confinement['command'] = (limits, uid, inside) => [
      ...['prlimit', `--as=${limits.addressBytes}`, `--fsize=${limits.fileBytes}`],
      ...[`--nproc=${processesMost}`, `--nofile=${filesMost}`, '--core=0', '--'],
      ...prefix(uid),
      ...['--', 'ionice', '-c', '3', 'nice', '-n', '5', ...inside],
    ]
    const [program = '', ...args] = command({ addressBytes: 2 ** 31, fileBytes: 0 }, probeUid, ['true'])
    const works = await run(program, args, { cwd: '/' }).then(
      () => true,
      () => false,
    )
    if (works) return { kind, isIsolated, command }
  }
  throw new Error('prlimit, setpriv, ionice and nice (util-linux, coreutils) are needed to run machines.')
}
