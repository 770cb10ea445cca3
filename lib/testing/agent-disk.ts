import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { hasTools, runTool } from '@/lib/disks/fixtures/tools'
import { beginInit, makeBootDisk } from '@/lib/machines/boot-disk'
import { unpackAll } from '@/lib/machines/packages'
import { whyNoMachine } from './boot-disk'
import { addPartition, cleaningTools } from './builders-planted'

// A guest with Debian's qemu-guest-agent and a mounted ext4 file system. Nothing is mounted or installed on this machine.

const agent = 'qemu-guest-agent'
const rootMib = 96

/** Starts a shell on the serial port, beside the agent, whose files are on the file system that it freezes. */
const init = `${beginInit}mdev -s
mkdir /system
mount -t ext4 /dev/vda2 /system
mount -t tmpfs run /system/run
for place in proc sys dev; do mount -o bind /$place /system/$place; done
port=$(ls /dev/vport*p1 | head -n 1)
chroot /system /usr/sbin/qemu-ga -m virtio-serial -p $port -t /run 2>/dev/null &
while :; do setsid cttyhack sh -c 'exec sh </dev/ttyS0 >/dev/ttyS0 2>&1'; sleep 1; done
`

/** Why no such disk can be made here; null if it can. */
export function whyNoAgent(): string | null {
  if (!hasTools(...cleaningTools)) return `one of ${cleaningTools.join(', ')} is missing`
  return whyNoMachine()
}

/** A qcow2 disk of such a guest, and the offset of its file system. Null if its packages are unavailable. */
export async function agentDisk(folder: string): Promise<{ file: string; start: number } | null> {
  const [root, boot] = [path.join(folder, 'root'), path.join(folder, 'boot.qcow2')]
  const [disk, file] = [path.join(folder, 'agent.raw'), path.join(folder, 'agent.qcow2')]
  fs.mkdirSync(root)
  try {
    await unpackAll(root, neededBy(agent))
    await makeBootDisk(boot, { init, modules: ['virtio_pci', 'virtio_blk', 'virtio_console', 'ext4'] })
  } catch {
    return null
  }
  for (const name of fs.readdirSync(root)) if (name.endsWith('.deb')) fs.rmSync(path.join(root, name))
  fs.rmSync(path.join(root, 'usr/share'), { recursive: true })
  for (const name of ['dev', 'proc', 'run', 'sys']) fs.mkdirSync(path.join(root, name), { recursive: true })
  const start = await addPartition(folder, { boot, disk, mib: rootMib })
  runTool(folder, 'mke2fs', '-q', '-F', '-t', 'ext4', '-d', root, '-E', `offset=${start}`, disk, `${rootMib * 1024}k`)
  runTool(folder, 'qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', disk, file)
  fs.rmSync(disk)
  return { file, start }
}

/** A package with all its dependencies, by their names in this version of Debian. */
function neededBy(name: string): string[] {
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
  const only = kinds.map((kind) => `--no-${kind}`)
  const listed = execFileSync('apt-cache', ['depends', '--recurse', ...only, name], { encoding: 'utf8' })
  return listed.split('\n').filter((line) => /^[a-z0-9][a-z0-9.+-]*$/.test(line))
}
