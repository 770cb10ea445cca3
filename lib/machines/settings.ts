import path from 'node:path'
import { env } from '@/lib/env'

export type MachineSettings = {
  /** Holds a folder for each machine, and the bytes of images that came from a bucket. */
  folder: string
  accelerator: 'auto' | 'kvm' | 'tcg'
  reserveMin: number
  /** Where the console runs as root, user ids of machines begin here. */
  firstUid: number
  /** The bridge of this host that machines are connected to; without one they have no network. */
  bridge?: string | undefined
  /** How long a guest that has crashed may take to start again by itself. */
  panicPatienceMs?: number | undefined
}

/** How this host runs machines, by the environment. */
export function machineSettings(): MachineSettings {
  const { ECS_DATA_DIR, ECS_MACHINE_ACCELERATOR, ECS_MACHINE_DIR, ECS_MACHINE_NETWORK, ECS_MACHINE_UID } = env()
  return {
    folder: ECS_MACHINE_DIR ?? path.join(ECS_DATA_DIR, 'machines'),
    accelerator: ECS_MACHINE_ACCELERATOR,
    reserveMin: env().ECS_STORE_RESERVE,
    firstUid: ECS_MACHINE_UID,
    bridge: ECS_MACHINE_NETWORK,
  }
}

/** Where a kernel and busybox for the machine that reads file systems are looked for, in this order. */
export function readerSettings(): MachineSettings & { roots: string[]; isSandboxRequired: boolean } {
  const { ECS_CHECK_KERNEL, ECS_REQUIRE_SANDBOX } = env()
  const roots = ECS_CHECK_KERNEL ? [ECS_CHECK_KERNEL] : [fetchedPartsFolder(), '/']
  return { ...machineSettings(), roots, isSandboxRequired: ECS_REQUIRE_SANDBOX }
}

/** Where `admin check prepare` puts the parts of that machine. */
export function fetchedPartsFolder(): string {
  return path.join(env().ECS_DATA_DIR, 'check-kernel')
}
