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
 * How the machine that reads file systems is started here: `command` is QEMU in its confinement, to which `readerArguments`
 * are added. Plain data, for the thread that checks a disk.
 */
export type Reader = ReaderImage & { command: string[]; accelerator: Accelerator }

/** `roots`: where the parts of the machine may be, in this order. */
export type ReaderSettings = MachineSettings & { roots: string[]; isSandboxRequired: boolean }

/** QEMU's own memory besides the guest's. */
const overheadBytes = 2 ** 31
/** User ids of these machines: each its own, above those of instances. */
const uids = { above: 20_000, count: 10_000 }

/** Finds QEMU, a kernel and busybox, and builds the machine's initrd at the first use. Answers what is missing where it cannot. */
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
