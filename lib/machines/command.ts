import type { Accelerator } from './accelerator'
import type { Host } from './host'
import { macOf } from './mac'
import type { BootMode, MachineShape, MachineState } from './machine'
import type { Built } from './machine-folder'
import { tapDescriptor, tapOf, withTap } from './network'

/** QEMU's own memory besides the guest's: libraries, translated code, the picture, stacks. */
const overheadBytes = 3 * 2 ** 30
/** Maximum ratio of a disk file to its content, because of the tables. */
const fileOverhead = 1.02
/** Initial size of a new disk; it grows as the guest writes. */
export const roomToBuild = 64 * 2 ** 20

type QemuPlan = {
  name: string
  shape: MachineShape
  accelerator: Accelerator
  bootMode: BootMode
  /** The code image of UEFI; its variables are a file of the machine. Null: BIOS. */
  firmware: string | null
  baseFormat: 'qcow2' | 'raw'
  hasSeed: boolean
  /** The MAC address of its network card, whose tap device is an open file; null without a network. */
  mac: string | null
}

/** QEMU's own sandbox, for every machine. */
export const sandbox = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'

/** Descriptor of the image's bytes: QEMU inherits it and gets no path. */
const baseDescriptor = 3

/** The complete command that a keeper runs for a machine: confined, with its tap device opened first. */
export function machineCommand(
  host: Host,
  id: string,
  { shape, built, hasNetwork }: { shape: MachineShape; built: Built; hasNetwork: boolean },
): string[] {
  const plan: QemuPlan = {
    ...{ name: id, shape, accelerator: host.accelerator },
    ...{ bootMode: built.bootMode, firmware: host.firmware?.code ?? null },
    ...{ baseFormat: built.base.format, hasSeed: built.hasSeed },
    mac: hasNetwork ? macOf(id) : null,
  }
  const limits = {
    addressBytes: shape.memoryMib * 2 ** 20 + overheadBytes,
    fileBytes: Math.ceil(built.diskBytes * fileOverhead) + roomToBuild,
  }
  const command = host.confinement.command(limits, built.uid, [host.program, ...qemuArguments(plan)])
  // A confined process has no network namespace in which it could open the device.
  return hasNetwork ? withTap(tapOf(id), command) : command
}

/**
 * QEMU's arguments. File names are relative to the machine's own folder. If a write to the disk fails for lack of space, the guest is
 * paused (`werror=stop`) instead of seeing a disk error.
 */
function qemuArguments(plan: QemuPlan): string[] {
  const { accelerator, shape } = plan
  const isUefi = plan.bootMode === 'UEFI' && plan.firmware !== null
  const accel = accelerator.accel === 'tcg' ? 'tcg,thread=multi,tb-size=64' : 'kvm'
  const machine = isUefi ? 'q35,pflash0=firmware,pflash1=variables' : 'pc'
  return [
    ...['-name', `guest=${plan.name},debug-threads=on`, '-nodefaults', '-no-user-config', '-S'],
    ...['-sandbox', sandbox, '-accel', accel, '-machine', machine, '-cpu', accelerator.cpu],
    ...['-smp', String(shape.vcpus), '-m', `${shape.memoryMib}M`],
    ...['-action', 'reboot=reset,shutdown=poweroff,panic=none', '-display', 'none', '-monitor', 'none'],
    ...['-add-fd', `fd=${baseDescriptor},set=1`, ...(isUefi ? firmwareDevices(plan.firmware ?? '') : [])],
    ...blockdev({ driver: 'file', 'node-name': 'base-file', filename: '/dev/fdset/1', 'read-only': true }),
    ...blockdev({ driver: plan.baseFormat, 'node-name': 'base', file: 'base-file', 'read-only': true }),
    ...blockdev({ driver: 'file', 'node-name': 'disk-file', filename: 'disk.qcow2', discard: 'unmap' }),
    ...blockdev({ driver: 'qcow2', 'node-name': 'disk', file: 'disk-file', backing: 'base', discard: 'unmap' }),
    ...['-device', 'virtio-blk-pci,drive=disk,id=system,bootindex=1,werror=stop,rerror=report,serial=system'],
    ...(plan.hasSeed ? seedDevice() : []),
    ...['-device', 'VGA,vgamem_mb=16', '-vnc', 'unix:screen.sock,share=force-shared'],
    // The guest's kernel reports a panic through it. It may then reboot by itself, for which the keeper waits.
    ...['-device', 'pvpanic'],
    ...['-device', 'qemu-xhci', '-device', 'usb-tablet', '-device', 'virtio-rng-pci'],
    ...socket('serial', 'serial.sock'),
    ...['-serial', 'chardev:serial', '-device', 'virtio-serial-pci'],
    ...socket('agent', 'agent.sock'),
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...socket('qmp', 'qmp.sock'),
    ...['-mon', 'chardev=qmp,mode=control'],
    ...(plan.mac === null ? ['-nic', 'none'] : networkCard(plan.mac)),
  ]
}

/** Without vhost, with which the host's kernel would read the guest's memory. Without a boot ROM, so no guest boots from the network. */
function networkCard(mac: string): string[] {
  return [
    ...['-netdev', `tap,id=net,fd=${tapDescriptor},vhost=off`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`],
  ]
}

function firmwareDevices(code: string): string[] {
  return [
    ...blockdev({ driver: 'file', 'node-name': 'firmware', filename: code, 'read-only': true }),
    ...blockdev({ driver: 'file', 'node-name': 'variables', filename: 'variables.fd' }),
  ]
}

function seedDevice(): string[] {
  return [
    ...blockdev({ driver: 'file', 'node-name': 'seed', filename: 'seed.img', 'read-only': true }),
    ...['-device', 'virtio-blk-pci,drive=seed,serial=seed'],
  ]
}

function socket(id: string, file: string): string[] {
  return ['-chardev', `socket,id=${id},path=${file},server=on,wait=off`]
}

function blockdev(options: Record<string, string | boolean>): string[] {
  return ['-blockdev', JSON.stringify(options)]
}

/** QEMU's run states. `shutdown` and the migration states do not occur here; they are not listed and so are `unknown`. */
export const runStates: Record<string, MachineState> = {
  running: { state: 'running', reason: null },
  // The guest suspended itself; it keeps its memory and can be woken.
  suspended: { state: 'running', reason: null },
  prelaunch: { state: 'paused', reason: { code: 'STARTING' } },
  inmigrate: { state: 'paused', reason: { code: 'STARTING' } },
  paused: { state: 'paused', reason: { code: 'PAUSED' } },
  debug: { state: 'paused', reason: { code: 'PAUSED' } },
  watchdog: { state: 'paused', reason: { code: 'WATCHDOG' } },
  'io-error': { state: 'paused', reason: { code: 'DISK_ERROR' } },
  'guest-panicked': { state: 'failed', reason: { code: 'GUEST_PANICKED' } },
  'internal-error': { state: 'failed', reason: { code: 'ACCELERATOR_FAILED' } },
}
