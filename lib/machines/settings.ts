import path from 'node:path'
import { env } from '@/lib/env'

export type MachineSettings = {
  /** Holds a folder for each machine, and downloaded image bytes. */
  folder: string
  accelerator: 'auto' | 'kvm' | 'tcg'
  reserveMin: number
  /** First user id of machines, if the console runs as root. */
  firstUid: number
  /** This host's bridge for machines; without one they have no network. */
  bridge?: string | undefined
  /** How long a crashed guest may take to reboot by itself. */
  panicPatienceMs?: number | undefined
}

/** This host's settings for machines, from the environment. */
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

/** Where to look for the kernel and busybox of the reader machine, in order of preference. */
export function readerSettings(): MachineSettings & { roots: string[]; isSandboxRequired: boolean } {
  const { ECS_CHECK_KERNEL, ECS_REQUIRE_SANDBOX } = env()
  const roots = ECS_CHECK_KERNEL ? [ECS_CHECK_KERNEL] : [fetchedPartsFolder(), '/']
  return { ...machineSettings(), roots, isSandboxRequired: ECS_REQUIRE_SANDBOX }
}

/** Where `admin check prepare` puts the parts of that machine. */
export function fetchedPartsFolder(): string {
  return path.join(env().ECS_DATA_DIR, 'check-kernel')
}
