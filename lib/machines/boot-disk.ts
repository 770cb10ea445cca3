import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type ArchiveEntry, cpioArchive } from './cpio'
import { unpackPackages } from './packages'
import { readModules } from './reader/modules'

const run = promisify(execFile)

const sector = 512
const partitionStart = 2048 * sector
const diskBytes = 24 * 2 ** 20
const diskSectors = diskBytes / sector
/** MBR type of a FAT16 partition with LBA. */
const fat16 = 0x0e
const packages = ['busybox-static', 'syslinux', 'syslinux-common', 'mtools']

/**
 * What such a disk starts: the first program of its initrd, and the kernel modules that it loads unless they are built in. Modules that
 * those depend on are included.
 */
export type BootSystem = { init: string; modules: readonly string[] }

/** The start of an init script: sets up busybox, /proc and /sys, and loads the modules. */
export const beginInit = `#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TERM=linux
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/list); do insmod /modules/$module.ko 2>/dev/null; done
`

const tinyInit = `${beginInit}mdev -s
hostname tiny
# The login of the instance, as cloud-init would take it: a small volume with this label.
for disk in /dev/vd?; do
  mount -t vfat -o ro $disk /seed 2>/dev/null || continue
  [ -f /seed/meta-data ] || { umount /seed; continue; }
  name=$(sed -n 's/^local-hostname: *//p' /seed/meta-data | tr -d '"')
  [ -n "$name" ] && hostname "$name"
  break
done
# ACPI: the power button ends the machine.
mkdir -p /etc/acpi/PWRF /var/log /var/run /tmp
printf '#!/bin/sh\\npoweroff -f\\n' > /etc/acpi/PWRF/00000080
chmod +x /etc/acpi/PWRF/00000080
acpid
# The network, where the machine has one.
if [ -e /sys/class/net/eth0 ]; then
  ip link set eth0 up
  udhcpc -b -S -i eth0 -s /etc/dhcp > /dev/null 2>&1 &
fi
banner() {
  echo
  echo "Tiny Linux on $(hostname), kernel $(uname -r)"
  echo "This machine keeps nothing: what you write is gone when it starts again."
}
banner > /dev/tty1
banner > /dev/ttyS0
while :; do setsid sh -c 'exec sh </dev/tty1 >/dev/tty1 2>&1'; sleep 1; done &
while :; do setsid cttyhack sh -c 'exec sh </dev/ttyS0 >/dev/ttyS0 2>&1'; sleep 1; done
`

/** busybox calls this when a DHCP lease is acquired or lost. */
const dhcp = `#!/bin/sh
case "$1" in
  deconfig) ip addr flush dev "$interface" ;;
  bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/$mask" dev "$interface"
    for gateway in $router; do ip route add default via "$gateway"; done
    for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
    ;;
esac
`

const tinyLinux: BootSystem = {
  init: tinyInit,
  modules: [
    ...['virtio_pci', 'virtio_blk', 'virtio_rng', 'virtio_console', 'virtio_net', 'evdev', 'button'],
    ...['pvpanic_mmio', 'nls_cp437', 'nls_ascii', 'vfat'],
  ],
}

const menu = `DEFAULT linux
PROMPT 0
LABEL linux
  KERNEL linux
  APPEND initrd=initrd console=tty0 console=ttyS0,115200 quiet panic=5 no_timer_check
`

/**
 * Makes a bootable disk as a compressed qcow2 of about 13 MB: Debian's cloud kernel with busybox, started by syslinux from a BIOS. By
 * default it offers a shell on the screen and the serial port, and shuts down at the power button. Its parts are Debian packages,
 * downloaded and unpacked next to the target but not installed. Throws if apt cannot provide them within two minutes.
 */
export async function makeBootDisk(target: string, system = tinyLinux): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true })
  const folder = await mkdtemp(`${target}.`)
  try {
    await unpackPackages(folder, packages)
    const kernel = (await readdir(path.join(folder, 'boot'))).find((name) => name.startsWith('vmlinuz-'))
    if (!kernel) throw new Error('The kernel package holds no kernel.')
    await writeFile(path.join(folder, 'initrd'), gzipSync(cpioArchive(await initialFiles(folder, { kernel, system }))))
    await writeFile(path.join(folder, 'syslinux.cfg'), menu)
    const raw = path.join(folder, 'disk')
    await writePartitions(folder, raw)
    await fillPartition(folder, raw, path.join(folder, 'boot', kernel))
    const disk = path.join(folder, 'disk.qcow2')
    await run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, disk])
    await rename(disk, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function initialFiles(
  folder: string,
  { kernel, system }: { kernel: string; system: BootSystem },
): Promise<ArchiveEntry[]> {
  const modulesFolder = path.join(folder, 'lib/modules', kernel.replace('vmlinuz-', ''), 'kernel')
  const entries: ArchiveEntry[] = ['bin', 'dev', 'etc', 'modules', 'proc', 'seed', 'sys'].map((name) => ({
    name,
    kind: 'folder',
  }))
  entries.push({ name: 'dev/console', kind: 'device', major: 5, minor: 1 })
  entries.push({ name: 'init', kind: 'program', bytes: Buffer.from(system.init) })
  entries.push({ name: 'etc/dhcp', kind: 'program', bytes: Buffer.from(dhcp) })
  entries.push({ name: 'bin/busybox', kind: 'program', bytes: await readFile(path.join(folder, 'bin/busybox')) })
  entries.push({ name: 'bin/sh', kind: 'link', target: 'busybox' })
  const modules = await readModules(modulesFolder, system.modules)
  for (const { name, bytes } of modules) entries.push({ name: `modules/${name}.ko`, kind: 'program', bytes })
  const list = Buffer.from(modules.map(({ name }) => name).join('\n'))
  entries.push({ name: 'modules/list', kind: 'program', bytes: list })
  return entries
}

async function writePartitions(folder: string, raw: string): Promise<void> {
  const record = Buffer.alloc(sector)
  await readFile(path.join(folder, 'usr/lib/SYSLINUX/mbr.bin')).then((program) => program.copy(record, 0, 0, 440))
  const entry = record.subarray(446, 462)
  entry[0] = 0x80
  entry[4] = fat16
  entry.writeUInt32LE(partitionStart / sector, 8)
  entry.writeUInt32LE(diskSectors - partitionStart / sector, 12)
  record.writeUInt16LE(0xaa55, 510)
  await writeFile(raw, record)
  await truncate(raw, diskBytes)
}

async function fillPartition(folder: string, raw: string, kernel: string): Promise<void> {
  const tools = path.join(folder, 'usr/bin')
  const env = { ...process.env, PATH: `${tools}:${process.env.PATH}`, MTOOLS_SKIP_CHECK: '1' }
  const partition = `${raw}@@${partitionStart}`
  const sectors = String(diskSectors - partitionStart / sector)
  const geometry = ['-T', sectors, '-h', '255', '-s', '63', '-H', String(partitionStart / sector)]
  await run(path.join(tools, 'mformat'), ['-i', partition, ...geometry, '-v', 'TINY', '::'], { env })
  const copies = [
    [kernel, 'linux'],
    [path.join(folder, 'initrd'), 'initrd'],
    [path.join(folder, 'syslinux.cfg'), 'syslinux.cfg'],
  ] as const
  for (const [from, to] of copies) await run(path.join(tools, 'mcopy'), ['-i', partition, from, `::${to}`], { env })
  await run(path.join(tools, 'syslinux'), ['--install', '--offset', String(partitionStart), raw], { env })
}
