import { execFile } from 'node:child_process'
import { chown, copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { requireRoomIn } from '@/lib/stores/room'
import { roomToBuild } from './command'
import type { Host } from './host'
import type { MachineBuild } from './machine'
import { freeUid, type MachineFolder } from './machine-folder'
import { seedVolume } from './seed'
import type { MachineSettings } from './settings'

const run = promisify(execFile)

type Building = { id: string; place: MachineFolder; build: MachineBuild; uidBefore: number | undefined }

/** Builds a machine's files and replaces the existing ones. Concurrent calls could take the same user id. */
export async function makeMachine(
  { folder: root, reserveMin, firstUid }: MachineSettings,
  { confinement, firmware }: Host,
  { id, place, build, uidBefore }: Building,
): Promise<void> {
  if (build.diskBytes < build.base.virtualSize) throw new RangeError('The disk is smaller than its image.')
  await mkdir(root, { recursive: true, mode: 0o700 })
  await requireRoomIn({ folder: root, reserveMin }, roomToBuild)
  const folder = await place.begin()
  const own = process.getuid?.() ?? 0
  const uid = confinement.kind === 'uid' ? (uidBefore ?? (await freeUid(root, firstUid))) : own
  const files = ['disk.qcow2']
  // The disk does not name its backing file: QEMU gets that as an open file at each start.
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', path.join(folder, 'disk.qcow2'), String(build.diskBytes)])
  if (build.login) {
    await writeFile(path.join(folder, 'seed.img'), seedVolume(`${id}-${build.build}`, build.login), { mode: 0o600 })
    files.push('seed.img')
  }
  if (build.bootMode === 'UEFI') {
    if (!firmware) throw new Error('This host has no UEFI firmware; install ovmf.')
    await copyFile(firmware.variables, path.join(folder, 'variables.fd'))
    files.push('variables.fd')
  }
  for (const name of files) await chown(path.join(/* turbopackIgnore: true */ folder, name), uid, uid)
  await chown(folder, uid, uid)
  await place.finish(build, uid)
}
