import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test, vi } from 'vitest'
import { writeHostId } from '@/lib/machines/host-id'
import { MachineFolder } from '@/lib/machines/machine-folder'
import { hostMachines } from '@/lib/machines/machines'
import { QemuMachines } from '@/lib/machines/qemu'
import { machineSettings } from '@/lib/machines/settings'
import { copyMachines, hostOf, sayInstances } from './backup-machines'

// Disks that cannot be read. No machine is started.

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

const one = { state: 'stopped', build: 'bld-1', hostId: 'here', isStopped: true, snapshotId: null, snapshotAt: null }
const workIn = (name: string) => ({
  ...{ folder: path.join(home, name), signal: new AbortController().signal, before: null },
  copied: { disks: 0, bytes: 0 },
})

test('one unreadable disk is reported and does not keep the others out of the backup', async () => {
  await writeHostId('here')
  const [first, second] = ['ins-aaaaaaaaaa', 'ins-bbbbbbbbbb']
  await disk(first, (file) => fs.symlinkSync('/etc/hostname', file))
  await disk(second, (file) => fs.writeFileSync(file, 'the disk'))
  const work = workIn('backup')
  const dumps = await copyMachines(work, [
    { ...one, id: first },
    { ...one, id: second },
  ])
  const problem = `disk.qcow2 of ${first} cannot be read.`
  expect(dumps).toMatchObject([
    { id: first, kept: 'nothing', problem },
    { id: second, kept: 'disk' },
  ])
  expect(work.copied.disks).toBe(1)
  expect(sayInstances(dumps)).toEqual([
    'Instances: 1 with their disks, 0 by their last snapshot, 1 without data.',
    `  ${first} (stopped): no disk and no snapshot. ${problem}`,
  ])
})

test('a damaged record or journal, and bytes missing at the second read, do not keep other disks out', async () => {
  await writeHostId('here')
  const [record, journal, second, whole] = ['ins-cccccccccc', 'ins-dddddddddd', 'ins-eeeeeeeeee', 'ins-ffffffffff']
  for (const id of [record, journal, second, whole])
    await disk(id, (file) => fs.writeFileSync(file, `the disk of ${id}`))
  const folderOf = (id: string) => path.join(machineSettings().folder, id)
  fs.writeFileSync(path.join(folderOf(record), 'built.json'), '{')
  fs.writeFileSync(path.join(folderOf(journal), 'keeper/journal.json'), '{"boot":1}')
  const real = hostMachines()
  const save = vi.spyOn(real, 'save')
  save.mockImplementation(async (id) => {
    const saved = await QemuMachines.prototype.save.call(real, id)
    const bytes = saved?.files[1]
    if (id !== second || !saved || !bytes) return saved
    let reads = 0
    const gone = () => new Readable({ read: () => {} }).destroy(new Error('EIO'))
    const read = () => (reads++ === 0 ? bytes.read() : gone())
    return { ...saved, files: saved.files.map((file) => (file === bytes ? { ...bytes, read } : file)) }
  })
  const all = [record, journal, second, whole].map((id) => ({ ...one, id }))
  const dumps = await copyMachines(workIn('another'), all)
  expect(dumps).toMatchObject([
    { id: record, kept: 'nothing', problem: `The record of ${record} (built.json) cannot be read.` },
    { id: journal, kept: 'nothing', problem: `The journal of ${journal} (journal.json) cannot be read.` },
    { id: second, kept: 'nothing', problem: 'disk.qcow2 cannot be read: EIO.' },
    { id: whole, kept: 'disk' },
  ])
  save.mockRestore()
  // An error of the backup's own folder ends the backup.
  const file = path.join(home, 'no-folder')
  fs.writeFileSync(file, '')
  await expect(copyMachines(workIn('no-folder'), [{ ...one, id: whole }])).rejects.toThrow()
})

test('a backup names the host of its instances, wherever it runs', async () => {
  const on = (...hosts: string[]) => hostOf(hosts.map((hostId) => ({ hostId })))
  await writeHostId('a-web-server')
  expect(await on('here', 'here')).toBe('here')
  expect([await on(), await on('here', 'there')]).toEqual([null, null])
  await writeHostId('here')
  expect([await on('here', 'there'), await on('there')]).toEqual(['here', 'there'])
})
