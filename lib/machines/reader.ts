import { randomInt } from 'node:crypto'
import path from 'node:path'
import type { Accelerator } from './accelerator'
import { NoHypervisor } from './errors'
import { findHost } from './host'
import { buildReader, type ReaderImage } from './reader/build'
import { readerMemoryMib } from './reader/command'
import { findParts } from './reader/parts'
import type { MachineSettings } from './settings'

/**
 * How to start the machine that reads file systems: `command` is the confined QEMU, to which `readerArguments` are appended. Plain
 * data, so that it can be passed to the thread that checks a disk.
 */
export type Reader = ReaderImage & { command: string[]; accelerator: Accelerator }

/** `roots`: folders that may hold the parts of the machine, in order of preference. */
export type ReaderSettings = MachineSettings & { roots: string[]; isSandboxRequired: boolean }

/** QEMU's own memory besides the guest's. */
const overheadBytes = 2 ** 31
/** Each reader machine has its own user id, above those of instances. */
const uids = { above: 20_000, count: 10_000 }

/** Finds QEMU, a kernel and busybox, and builds the machine's initrd at the first use. Returns what is missing if it cannot. */
export async function findReader({
  roots,
  isSandboxRequired,
  ...settings
}: ReaderSettings): Promise<Reader | { missing: string }> {
  try {
    const { accelerator, confinement, program } = await findHost(settings)
    if (isSandboxRequired && !confinement.isIsolated) return { missing: 'a network namespace (ECS_REQUIRE_SANDBOX=1)' }
    for (const root of roots) {
      const parts = await findParts(root)
      if (!parts) continue
      const image = await buildReader(parts, path.join(settings.folder, 'reader'))
      const limits = { addressBytes: readerMemoryMib * 2 ** 20 + overheadBytes, fileBytes: 0 }
      const uid = settings.firstUid + uids.above + randomInt(uids.count)
      return { ...image, accelerator, command: confinement.command(limits, uid, [program]) }
    }
    const install = 'install linux-image-cloud-amd64 and busybox-static, or run `npm run admin -- check prepare`'
    return { missing: `a kernel with modules and a static busybox below ${roots.join(' or ')}: ${install}` }
  } catch (error) {
    if (error instanceof NoHypervisor) return { missing: error.message }
    throw error
  }
}
