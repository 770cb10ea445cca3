import 'server-only'
import type { Machines } from './machine'
import { QemuMachines } from './qemu'
import { machineSettings } from './settings'

let machines: Machines | undefined

/** The machines of this host. */
export function hostMachines(): Machines {
  machines ??= new QemuMachines(machineSettings())
  return machines
}
