import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { findMaster } from '@/lib/accounts/reads'
import { createAccount } from '@/lib/accounts/writes'
import { mintViewer } from '@/lib/auth/viewer'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { findImageRecord } from '@/lib/images/reads-records'
import { createRegion } from '@/lib/regions/writes'
import type { Result } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { importImage } from '@/lib/tasks/import-image'
import { checkedImage } from '@/lib/testing/builders-checks'
import { operatorContext } from './operator'

type Ended = { code: number | null; out: string; err: string }
type Started = { pid: number | undefined; ended: Promise<Ended> }

export function start(args: string[], input = '', env: Record<string, string> = {}): Started {
  const node = ['--conditions=react-server', '--import', 'tsx', 'lib/admin/main.ts']
  const child = spawn(process.execPath, [...node, ...args], { env: { ...process.env, ...env } })
  child.stdin.end(input)
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => {
    said.out += text
  })
  child.stderr.on('data', (text) => {
    said.err += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...said }))
  })
  return { pid: child.pid, ended }
}

export const admin = (args: string[], input = '', env: Record<string, string> = {}) => start(args, input, env).ended

type Master = { id: string; username: string }

export type Fixture = {
  region: string
  owner: Master
  disk: { file: string; size: number; virtualSize: number; sha256: string }
  hostile: string
}

export async function fixture(folder: string): Promise<Fixture> {
  const region = expectOk(await createRegion(operatorContext(), { id: 'xx-test', name: 'Test' })).id
  const raw = buildRawDisk({ sizeMib: 4, label: 'test', seed: 1 })
  const qcow2 = buildQcow2({ raw })
  const disk = {
    file: path.join(folder, 'good.qcow2'),
    size: qcow2.length,
    virtualSize: raw.length,
    sha256: createHash('sha256').update(qcow2).digest('hex'),
  }
  const hostile = path.join(folder, 'hostile.qcow2')
  const name = '/etc/shadow'
  const backed = Buffer.from(qcow2)
  backed.writeBigUInt64BE(200n, 8)
  backed.writeUInt32BE(name.length, 16)
  backed.write(name, 200, 'latin1')
  await Promise.all([writeFile(disk.file, qcow2), writeFile(hostile, backed)])
  return { region, owner: await master('owner'), disk, hostile }
}

export async function master(username: string): Promise<Master> {
  const account = { username, masterId: null, displayName: username, email: '', passwordHash: 'none', grants: [] }
  return (await findMaster(username)) ?? expectOk(await createAccount(operatorContext(), account))
}

/** An available image of a new master account: from the fixture's disk, or from a different one for each seed. */
export async function imported(made: Fixture, username: string, seed?: number) {
  const owner = await master(username)
  const input = { region: made.region, name: `${username}-image`, operatingSystem: 'Linux' }
  const other = seed && buildRawDisk({ sizeMib: 4, label: 'other', seed: 1_000 + seed })
  const source = { open: () => (other ? Readable.from([other]) : createReadStream(made.disk.file)) }
  const { imageId } = expectOk(await importImage(operatorContext(owner), input, source))
  await checkedImage(imageId)
  const found = await findImageRecord(imageId)
  if (!found) throw new Error('The imported image is not there.')
  return { image: found.image, owner }
}

/** Shares an image, as its owner, with new master accounts, and returns the ids of the shares. */
export async function shared(made: Fixture, imageId: string, owner: Master, recipients: string[]): Promise<string[]> {
  for (const username of recipients) await master(username)
  const viewer = mintViewer({ ...owner, kind: 'MASTER', displayName: owner.username, master: null })
  const input = { region: made.region, imageId, usernames: recipients, note: '' }
  const shares = expectOk(await shareImage({ viewer, now: new Date(), address: null }, input))
  return shares.map((share) => share.id)
}

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`The fixture was refused: ${JSON.stringify(result.refusal)}`)
  return result.value
}
