import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, expect, test } from 'vitest'
import { StoreFull } from '@/lib/stores/errors'
import { Unreadable } from './errors'
import { MachineFolder } from './machine-folder'
import { openSaved, putBackMachine } from './saved'

// Saving and restoring the files of a machine. No machine runs: the keeper's journal says what it did.

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-saved-'))
afterEach(() => {
  for (const name of fs.readdirSync(root)) fs.rmSync(path.join(root, name), { recursive: true })
})
afterAll(() => fs.rmSync(root, { recursive: true }))
const settings = { folder: root, accelerator: 'tcg', reserveMin: 0, firstUid: 620_000 } as const
const id = 'ins-saved00001'
const place = new MachineFolder(root, id)
const own = process.getuid?.() ?? 0
const base = { regionId: 'xx', key: 'k', sha256: '', size: 1, format: 'qcow2', virtualSize: 1 } as const
const build = { build: 'bld-1', base, diskBytes: 2 ** 20, bootMode: 'UEFI', login: null } as const
const off = async () => false

async function made(disk = 'the disk'): Promise<void> {
  const next = await place.begin()
  fs.writeFileSync(path.join(next, 'disk.qcow2'), disk)
  fs.writeFileSync(path.join(next, 'variables.fd'), 'variables')
  fs.writeFileSync(path.join(next, 'screen.png'), 'not kept')
  await place.finish(build, own)
}

const journal = (start: string) =>
  fs.writeFileSync(
    path.join(place.keeper, 'journal.json'),
    JSON.stringify({ boot: '', start, state: 'stopped', reason: null, runs: [] }),
  )
const bytes = (name: string, text: string) => ({
  name,
  size: text.length,
  read: () => Readable.from([Buffer.from(text)]),
})
const record = JSON.stringify({ ...build, login: undefined, hasSeed: false })

test('the files of a machine are saved, and restored elsewhere as the same machine with another user', async () => {
  await made()
  const saved = await openSaved(place, off)
  const read = await Promise.all((saved?.files ?? []).map(async ({ read }) => (await buffer(await read())).toString()))
  expect(saved?.files.map(({ name }) => name)).toEqual(['built.json', 'disk.qcow2', 'variables.fd'])
  expect(read.slice(1)).toEqual(['the disk', 'variables'])
  expect(await saved?.isStill()).toBe(true)
  const files = (saved?.files ?? []).map((file) => ({ ...file, read: file.read }))
  const other = `${root}-other`
  await putBackMachine({ ...settings, folder: other }, id, files)
  await saved?.close()
  const back = new MachineFolder(other, id)
  const uid = own === 0 ? 620_000 : own
  expect(await back.built()).toEqual({ ...(await place.built()), uid })
  expect(fs.statSync(path.join(back.machine, 'disk.qcow2'))).toMatchObject({ uid, size: 8 })
  expect(fs.statSync(back.machine).uid).toBe(uid)
  expect(fs.readFileSync(path.join(back.machine, 'disk.qcow2'), 'utf8')).toBe('the disk')
  fs.rmSync(other, { recursive: true })
})

test('a running or missing machine is not saved', async () => {
  expect(await openSaved(place, off)).toBeNull()
  await made()
  expect(await openSaved(place, async () => true)).toBeNull()
})

test('a save is invalid once the machine was started or rebuilt', async () => {
  await made()
  journal('one')
  const started = await openSaved(place, off)
  expect(await started?.isStill()).toBe(true)
  journal('two')
  expect(await started?.isStill()).toBe(false)
  const rebuilt = await openSaved(place, off)
  const next = await place.begin()
  fs.writeFileSync(path.join(next, 'disk.qcow2'), 'another')
  await place.finish({ ...build, build: 'bld-2', bootMode: 'BIOS' }, own)
  expect(await rebuilt?.isStill()).toBe(false)
  // The open file still has the former content.
  expect((await buffer((await rebuilt?.files[1]?.read()) ?? Readable.from([]))).toString()).toBe('the disk')
  let isAlive = false
  const running = await openSaved(place, async () => isAlive)
  isAlive = true
  expect(await running?.isStill()).toBe(false)
  for (const saved of [started, rebuilt, running]) await saved?.close()
})

test('the stamp changes with the disk', async () => {
  await made()
  const stampOf = async () => {
    const saved = await openSaved(place, off)
    await saved?.close()
    return saved?.stamp
  }
  const before = await stampOf()
  expect(await stampOf()).toBe(before)
  const file = path.join(place.machine, 'disk.qcow2')
  const { atime, mtime } = fs.statSync(file)
  fs.writeFileSync(file, 'the DISK')
  fs.utimesSync(file, atime, mtime)
  expect(await stampOf()).not.toBe(before)
})

test('a link instead of the disk is not followed, and a pipe does not block', async () => {
  await made()
  const file = path.join(place.machine, 'disk.qcow2')
  fs.rmSync(file)
  fs.symlinkSync('/etc/hostname', file)
  await expect(openSaved(place, off)).rejects.toThrow(Unreadable)
  fs.rmSync(file)
  execFileSync('mkfifo', [file])
  await expect(openSaved(place, off)).rejects.toThrow(Unreadable)
})

test('a machine that is removed or rebuilt while its files are opened is not saved', async () => {
  await made()
  expect(await openSaved(place, async () => place.remove().then(() => false))).toBeNull()
  await made()
  const rebuild = async () => {
    fs.rmSync(path.join(place.machine, 'disk.qcow2'))
    await place.begin()
    await place.finish({ ...build, build: 'bld-2' }, own)
    return false
  }
  expect(await openSaved(place, rebuild)).toBeNull()
})

test('a machine without one of its files is not saved', async () => {
  await made()
  fs.rmSync(path.join(place.machine, 'variables.fd'))
  await expect(openSaved(place, off)).rejects.toThrow(`variables.fd of ${id} cannot be read.`)
  fs.writeFileSync(path.join(place.machine, 'variables.fd'), '')
  fs.writeFileSync(path.join(place.folder, 'built.json'), JSON.stringify({ ...(await place.built()), hasSeed: true }))
  await expect(openSaved(place, off)).rejects.toThrow(`seed.img of ${id} cannot be read.`)
})

test('every reason for which a machine cannot be saved is the same kind of error', async () => {
  await made()
  const broken = async () => Promise.reject(new Error('The keeper of the machine does not answer.'))
  await expect(openSaved(place, broken)).rejects.toThrow(Unreadable)
  let isAlive = off
  const saved = await openSaved(place, () => isAlive())
  isAlive = broken
  await expect(saved?.isStill()).rejects.toThrow(Unreadable)
  await saved?.close()
  fs.writeFileSync(path.join(place.keeper, 'journal.json'), '{')
  await expect(openSaved(place, off)).rejects.toThrow(Unreadable)
  fs.writeFileSync(path.join(place.folder, 'built.json'), '{')
  await expect(openSaved(place, off)).rejects.toThrow(Unreadable)
})

test('unknown file names, an incomplete machine or an invalid record restore nothing', async () => {
  const [disk, variables] = [bytes('disk.qcow2', 'x'), bytes('variables.fd', 'v')]
  const cases = [
    [disk, variables, bytes('built.json', record), bytes('../../evil', 'x')],
    [disk, variables, bytes('built.json', record), bytes('seed.img', 'x')],
    [variables, bytes('built.json', record)],
    [disk, bytes('built.json', record)],
    [disk, variables, bytes('built.json', '{"build":1}')],
    [disk, variables],
  ]
  for (const files of cases) await expect(putBackMachine(settings, id, files)).rejects.toThrow()
  expect(await place.built()).toBeNull()
  expect(fs.existsSync(path.join(root, 'evil'))).toBe(false)
  await putBackMachine(settings, id, [disk, variables, bytes('built.json', record)])
  expect(await place.built()).toMatchObject({ build: 'bld-1' })
})

test('a restored machine replaces the existing one only once it is complete', async () => {
  await made('the newer disk')
  journal('one')
  const before = await place.built()
  const rest = [bytes('variables.fd', 'v'), bytes('built.json', record.replace('bld-1', 'bld-0'))]
  const files = [bytes('disk.qcow2', 'the saved disk'), ...rest]
  await expect(putBackMachine({ ...settings, reserveMin: 2 ** 60 }, id, files)).rejects.toThrow(StoreFull)
  const broken = { ...bytes('disk.qcow2', 'x'), read: () => Promise.reject(new Error('broken')) }
  await expect(putBackMachine(settings, id, [broken, ...rest])).rejects.toThrow('broken')
  const disk = path.join(place.machine, 'disk.qcow2')
  expect([await place.built(), fs.readFileSync(disk, 'utf8')]).toEqual([before, 'the newer disk'])
  expect(fs.existsSync(path.join(place.keeper, 'journal.json'))).toBe(true)
  await putBackMachine(settings, id, files)
  expect([(await place.built())?.build, fs.readFileSync(disk, 'utf8')]).toEqual(['bld-0', 'the saved disk'])
  // The runs and console output of the previous disk are gone.
  expect(fs.readdirSync(place.keeper)).toEqual([])
})
