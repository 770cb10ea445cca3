import type { Accelerator } from '../accelerator'
import { sandbox } from '../command'

/** Open files that the machine gets from its parent: its line, the kernel, the initrd, and from here on one line a disk. */
export const readerDescriptors = { line: 3, kernel: 4, initrd: 5, disks: 6 } as const

/** Most disks of one machine; each is a device on its one bus. */
export const readerDisksMax = 20
export const readerMemoryMib = 192

// What slows an emulated processor down and protects nobody here: no other program runs in the guest.
const kernelWords = 'quiet panic=-1 no_timer_check mitigations=off'

/**
 * What QEMU is started with for these disks, each of which may be written to or not. It names no file of the host: all it has are
 * open files of its parent.
 */
export function readerArguments({ accel, cpu }: Accelerator, disks: readonly { isWritable: boolean }[]): string[] {
  return [
    ...['-name', 'guest=disk-reader', '-nodefaults', '-no-user-config', '-sandbox', sandbox],
    ...['-accel', accel === 'tcg' ? 'tcg,tb-size=64' : 'kvm', '-machine', 'pc', '-cpu', cpu],
    ...['-smp', '1', '-m', `${readerMemoryMib}M`, '-no-reboot', '-display', 'none', '-monitor', 'none', '-nic', 'none'],
    ...['-kernel', `/dev/fd/${readerDescriptors.kernel}`, '-initrd', `/dev/fd/${readerDescriptors.initrd}`],
    ...['-append', kernelWords, '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=line,fd=${readerDescriptors.line}`, '-device', 'virtserialport,chardev=line'],
    ...disks.flatMap(diskArguments),
  ]
}

function diskArguments({ isWritable }: { isWritable: boolean }, index: number): string[] {
  const server = { type: 'fd', str: String(readerDescriptors.disks + index) }
  const node = { driver: 'nbd', 'node-name': `disk${index}`, server, 'read-only': !isWritable, discard: 'unmap' }
  return ['-blockdev', JSON.stringify(node), '-device', `virtio-blk-pci,drive=disk${index}`]
}
