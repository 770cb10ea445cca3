import type { Accelerator } from '../accelerator'
import { sandbox } from '../command'

/** Descriptors that the machine inherits: its command socket, the kernel, the initrd, and from `disks` on one socket for each disk. */
export const readerDescriptors = { line: 3, kernel: 4, initrd: 5, disks: 6 } as const

/** Maximum number of disks of one machine; each is a device on its single bus. */
export const readerDisksMax = 20
export const readerMemoryMib = 192

// Without features that slow emulation down and protect nothing here: no other program runs in the guest.
const kernelWords = 'quiet panic=-1 no_timer_check mitigations=off'

/** QEMU's arguments for these disks, each writable or not. They name no file of the host: all files are inherited descriptors. */
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
