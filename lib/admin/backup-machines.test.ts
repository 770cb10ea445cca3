import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { writeHostId } from '@/lib/machines/host-id'
import { MachineFolder } from '@/lib/machines/machine-folder'
import { machineSettings } from '@/lib/machines/settings'
import { copyMachines, sayInstances } from './backup-machines'

// Disks that cannot be read. No machine runs.

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-backup-machines-'))
vi.stubEnv('ECS_DATA_DIR', home)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
afterAll(() => fs.rmSync(home, { recursive: true }))
const base = { regionId: 'xx', key: 'k', sha256: '', size: 1, format: 'qcow2', virtualSize: 1 } as const

async function disk(id: string, write: (file: string) => void): Promise<void> {
  const place = new MachineFolder(machineSettings().folder, id)
  write(path.join(await place.begin(), 'disk.qcow2'))
  await place.finish(
    { build: 'bld-1', base, diskBytes: 2 ** 20, bootMode: 'BIOS', login: null },
    process.getuid?.() ?? 0,
  )
}

test('one disk that cannot be read keeps no other out of the backup, and is named', async () => {
  await writeHostId('here')
  const [first, second] = ['ins-aaaaaaaaaa', 'ins-bbbbbbbbbb']
  await disk(first, (file) => fs.symlinkSync('/etc/hostname', file))
  await disk(second, (file) => fs.writeFileSync(file, 'the disk'))
  const [signal, copied] = [new AbortController().signal, { disks: 0, bytes: 0 }]
  const one = { state: 'stopped', build: 'bld-1', hostId: 'here', isStopped: true, snapshotId: null, snapshotAt: null }
  const work = { folder: path.join(home, 'backup'), signal, before: null, copied }
  const dumps = await copyMachines(work, [
    { ...one, id: first },
    { ...one, id: second },
  ])
  const problem = `The disk of ${first} cannot be read.`
  expect(dumps).toMatchObject([
    { id: first, kept: 'nothing', problem },
    { id: second, kept: 'disk' },
  ])
  expect(copied.disks).toBe(1)
  expect(sayInstances(dumps)).toEqual([
    'Instances: 1 with their disks, 0 by their last snapshot, 1 without data.',
    `  ${first} (stopped): no disk and no snapshot. ${problem}`,
  ])
})
