import path from 'node:path'
import { env } from '@/lib/env'

export type MachineSettings = {
  /** Holds a folder for each machine, and the bytes of images that came from a bucket. */
  folder: string
  accelerator: 'auto' | 'kvm' | 'tcg'
  reserveMin: number
  /** Where the console runs as root, user ids of machines begin here. */
  firstUid: number
}

/** How this host runs machines, by the environment. */
export function machineSettings(): MachineSettings {
  const { ECS_DATA_DIR, ECS_MACHINE_ACCELERATOR, ECS_MACHINE_DIR, ECS_MACHINE_UID, ECS_STORE_RESERVE } = env()
  return {
    folder: ECS_MACHINE_DIR ?? path.join(ECS_DATA_DIR, 'machines'),
    accelerator: ECS_MACHINE_ACCELERATOR,
    reserveMin: ECS_STORE_RESERVE,
    firstUid: ECS_MACHINE_UID,
  }
}
