import { spawn } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createSecrets } from '@/lib/disks/fixtures/plants'
import { hasTools, runTool } from '@/lib/disks/fixtures/tools'
import { beginInit, makeBootDisk } from '@/lib/machines/boot-disk'
import { whyNoMachine } from './boot-disk'
import { addPartition, cleaningTools } from './builders-planted'

// A Debian server as in clouds, with its ext4 file system after the partition that boots it. Nothing is mounted.

const tools = [...cleaningTools, 'debootstrap'] as const
/** With a provider of a virtual package, because debootstrap does not resolve these. */
const packages = [
  'systemd-sysv',
  'udev',
  'openssh-server',
  'cloud-init',
  'python3-cffi-backend',
  'nginx',
  'git',
  'python3',
  'ssl-cert',
]
const init = `${beginInit}mkdir /system
mount -t ext4 /dev/vda2 /system
for place in proc sys dev; do mount --move /$place /system/$place; done
exec switch_root /system /sbin/init
`

/** The line by which the server says that it is up, followed by its machine id. */
export const serverSign = 'The server is up as '
const service = `[Unit]
After=multi-user.target ssh.service nginx.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo "${serverSign}$(cat /etc/machine-id)" >/dev/ttyS0'
[Install]
WantedBy=multi-user.target
`

/** Why no such disk can be made here; null if it can. */
export function whyNoServer(): string | null {
  if (process.getuid?.() !== 0) return 'debootstrap needs root'
  if (!hasTools(...tools)) return `one of ${tools.join(', ')} is missing`
  return whyNoMachine()
}

/** The parts of server disks in a folder: a root folder without traces of the build machine, and a disk that boots it. */
export type ServerParts = { folder: string; root: string; boot: string }

/** Makes them from Debian's packages. Null if these are unavailable; throws if they cannot be installed. */
export async function makeServerParts(folder: string): Promise<ServerParts | null> {
  const [root, boot] = [path.join(folder, 'root'), path.join(folder, 'boot.qcow2')]
  const isMade = await hasRun('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', root])
  if (!isMade) {
    const log = await readFile(path.join(root, 'debootstrap/debootstrap.log'), 'utf8').catch(() => '')
    if (!/^dpkg: error/m.test(log)) return null
    throw new Error(`The packages of the server do not fit together: ${log.slice(-1_000)}`)
  }
  await makeBootDisk(boot, { init, modules: ['virtio_pci', 'virtio_blk', 'ext4'] })
  await rm(path.join(root, 'var/cache/apt/archives'), { recursive: true })
  for (const name of await readdir(path.join(root, 'etc/ssh')))
    if (name.startsWith('ssh_host_')) await rm(path.join(root, 'etc/ssh', name))
  const units = path.join(root, 'etc/systemd/system')
  await mkdir(path.join(units, 'multi-user.target.wants'), { recursive: true })
  await writeFile(path.join(units, 'sign.service'), service)
  await symlink('../sign.service', path.join(units, 'multi-user.target.wants/sign.service'))
  for (const [file, text] of [
    ['hostname', 'server\n'],
    ['machine-id', ''],
  ] as const)
    await writeFile(path.join(root, 'etc', file), text)
  return { folder, root, boot }
}

async function hasRun(command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore' })
  return (await new Promise((resolve) => child.once('close', resolve).once('error', resolve))) === 0
}

const freeMib = 256

/** Makes a qcow2 disk from the parts, including files added to the root. `deleted`: files that existed once. */
export async function makeServerDisk(
  { folder, root, boot }: ServerParts,
  name: string,
  deleted: readonly string[] = [],
): Promise<string> {
  const [disk, target] = [path.join(folder, `${name}.raw`), path.join(folder, `${name}.qcow2`)]
  const [usedKib = '0'] = runTool(folder, 'du', '-sk', root).split('\t')
  const mib = Math.ceil(Number(usedKib) / 1024) + freeMib
  const start = await addPartition(folder, { boot, disk, mib })
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-d', root, '-E', `offset=${start}`, disk, `${mib * 1024}k`)
  for (const file of deleted) runTool(folder, 'debugfs', '-w', '-R', `rm /${file}`, `${disk}?offset=${start}`)
  runTool(folder, 'qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', disk, target)
  await rm(disk)
  return target
}

/** A trace of a machine and its users: the rule that finds it, its path and text. */
type Left = { rule: string; path: string; text: string }

/**
 * Adds to the root the traces of a server in use. Returns the values that must not leave with it, the expected findings, and a
 * file to delete again.
 */
export async function fillServer({ root }: ServerParts) {
  const { make, made } = createSecrets('server')
  const pem = (kind: string) => {
    const body = Array.from({ length: 4 }, () => make(64, 'base64')).join('\n')
    return `-----BEGIN ${kind}PRIVATE KEY-----\n${body}\n-----END ${kind}PRIVATE KEY-----\n`
  }
  const id = make(32, 'hex')
  const shadow = await readFile(path.join(root, 'etc/shadow'), 'utf8')
  const hash = `$y$j9T$${make(22)}$${make(43)}`
  const left: Left[] = [
    { rule: 'ssh-host-key', path: 'etc/ssh/ssh_host_ed25519_key', text: pem('OPENSSH ') },
    { rule: 'authorized-keys', path: 'root/.ssh/authorized_keys', text: `ssh-ed25519 ${make(68)} ann\n` },
    { rule: 'ssh-private-key', path: 'root/.ssh/id_ed25519', text: pem('OPENSSH ') },
    { rule: 'shell-history', path: 'root/.bash_history', text: `export GITHUB_TOKEN=ghp_${make(36)}\n` },
    { rule: 'cloud-credentials', path: 'root/.aws/credentials', text: `aws_secret_access_key = ${make(40)}\n` },
    { rule: 'db-client-credentials', path: 'home/ann/.pgpass', text: `db:5432:app:app:${make(20)}\n` },
    { rule: 'netrc-git-credentials', path: 'home/ann/.git-credentials', text: `https://ann:${make(20)}@git.example\n` },
    { rule: 'cloud-init-state', path: 'var/lib/cloud/instances/i-1/user-data.txt', text: `password: ${make(16)}\n` },
    { rule: 'password-hash', path: 'etc/shadow', text: shadow.replace('root:*:', `root:${hash}:`) },
    { rule: 'machine-id', path: 'etc/machine-id', text: `${id}\n` },
    { rule: 'dhcp-net-state', path: 'var/lib/dhcp/dhclient.eth0.leases', text: `# ${make(20)}\nlease {\n}\n` },
    { rule: 'network-secrets', path: 'etc/wpa_supplicant/wpa_supplicant.conf', text: `psk="${make(20)}"\n` },
    { rule: 'ssh-private-key', path: 'etc/nginx/tls/server.key', text: pem('') },
    { rule: 'logs-mail', path: 'var/log/nginx/access.log', text: `10.0.0.7 "GET /?token=${make(30)}"\n`.repeat(2_000) },
  ]
  const deleted = { path: 'home/ann/old.key', text: pem('RSA ') }
  for (const { path: file, text } of [...left, deleted]) {
    const whole = path.join(root, file)
    await mkdir(path.dirname(whole), { recursive: true })
    const { mode } = await stat(whole).catch(() => ({ mode: 0o600 }))
    await writeFile(whole, text)
    await chmod(whole, mode)
  }
  return { secrets: made, left, deleted: deleted.path, id }
}
