import { execFile } from 'node:child_process'
import { access, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Accelerator, acceleratorFacts, findAccelerator, recallAccelerator } from './accelerator'
import { type Confinement, findConfinement } from './confine'
import { NoHypervisor } from './errors'
import type { MachineSettings } from './settings'

const run = promisify(execFile)
const program = 'qemu-system-x86_64'
/** UEFI code images, each with its matching variables. */
const firmwares = [
  { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  { code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
  { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
]

export type Firmware = { code: string; variables: string }

export type Host = {
  program: string
  version: string
  accelerator: Accelerator
  confinement: Confinement
  firmware: Firmware | null
  vcpus: number
  memoryMib: number
}

/**
 * Determines by trial what this host can do, and stores the accelerator in the machines' folder. Throws `NoHypervisor`, which says what
 * to install or set.
 */
export async function findHost({ accelerator: allowed, firstUid, folder }: MachineSettings): Promise<Host> {
  const said = await run(program, ['--version']).catch(() => null)
  const version = /version ([\d.]+)/.exec(said?.stdout ?? '')?.[1]
  if (!version) throw new NoHypervisor(`${program} is missing. Install qemu-system-x86 and start the worker again.`)
  const facts = { ...(await acceleratorFacts()), qemu: said?.stdout.split('\n')[0] ?? '', allowed }
  const kept = path.join(folder, 'accelerator.json')
  const accelerator = await recallAccelerator(kept, facts, () => findAccelerator(program, allowed))
  if (!accelerator) throw new NoHypervisor(`${program} runs no guest here (ECS_MACHINE_ACCELERATOR=${allowed}).`)
  const groups = accelerator.accel === 'kvm' ? [(await stat('/dev/kvm')).gid] : []
  return {
    program,
    version,
    accelerator,
    confinement: await findConfinement(firstUid, groups),
    firmware: await findFirmware(),
    vcpus: os.availableParallelism(),
    memoryMib: Math.floor(os.totalmem() / 2 ** 20),
  }
}

async function findFirmware(): Promise<Firmware | null> {
  for (const firmware of firmwares) {
    const isThere = await Promise.all([access(firmware.code), access(firmware.variables)]).then(
      () => true,
      () => false,
    )
    if (isThere) return firmware
  }
  return null
}
