import { execFile } from 'node:child_process'
import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { sealSession } from '@/lib/auth/session-cookie'
import { copyStored } from '@/lib/stores/copy'
import { storeOf } from '@/lib/stores/store'
import { build, buildFolder } from '../start/build'
import { type Findings, median } from './figures'
import { makeDatabase, type Place, tell } from './place'
import { cookieFor, startServer } from './programs'

// Not execSync: while it blocks, a connection closed by the server would go unnoticed.
const shell = promisify(execFile)

const mib = 2 ** 20
const sizeMib = 1024
const copiedMib = 4096
const rounds = 3
const atOnce = 4
const manyMib = 2048
const regions = ['cn-bench-a', 'cn-bench-b'] as const
const chunkBytes = 32 * mib

/** The speed of an upload through the server, and of a copy between folder stores, beside plain tools. */
export async function measureDisks(place: Place): Promise<Findings> {
  tell(`Disks: a file of ${copiedMib} MiB is copied, and one of ${sizeMib} MiB uploaded …`)
  const copying = await measureCopies(path.join(place.folder, 'copied.raw'))
  const file = path.join(place.folder, 'disk.raw')
  writeDisk(file, sizeMib)
  const uploading = await measureUploads(place, file)
  const aim = (number: number) => ({ of: 'ratio', bound: 'at least', number }) as const
  return {
    figures: [
      {
        section: 'disks',
        name: `copy of ${copiedMib / 1024} GiB between two folder stores, compared on the way`,
        value: copying.ours,
        unit: 'MiB/s',
        limit: { value: copying.plain, of: 'cp, then sync' },
        aim: aim(0.65),
      },
      {
        section: 'disks',
        name: 'upload through the server, until it has arrived',
        value: uploading.ours,
        unit: 'MiB/s',
        limit: { value: uploading.plain, of: 'cp and sha256sum' },
        aim: aim(0.5),
      },
      {
        section: 'disks',
        name: `memory of the server during ${atOnce} uploads of ${manyMib / 1024} GiB at once, above idle`,
        value: uploading.memoryMib,
        unit: 'MiB',
        aim: { of: 'value', bound: 'at most', number: 150 },
      },
      {
        section: 'disks',
        name: 'memory during a copy, above idle',
        value: copying.memoryMib,
        unit: 'MiB',
        aim: { of: 'value', bound: 'at most', number: 150 },
      },
    ],
    notes: [],
  }
}

// Random, so that nothing can compress it.
function writeDisk(file: string, mibs: number): string {
  const hash = createHash('sha256')
  const out = fs.openSync(file, 'w')
  const piece = Buffer.alloc(16 * mib)
  for (let at = 0; at < mibs * mib; at += piece.length) {
    randomFillSync(piece)
    hash.update(piece)
    fs.writeSync(out, piece)
  }
  fs.closeSync(out)
  return hash.digest('hex')
}

async function measureCopies(file: string) {
  const [from, to] = regions.map(storeOf)
  if (!from || !to) throw new Error('There are two.')
  const sha256 = writeDisk(file, copiedMib)
  const size = copiedMib * mib
  await from.take('disk', file, { size })
  const [source, copy] = [path.join(from.local?.folder ?? '', 'disk'), `${file}.copy`]
  const [ours, plain]: [number[], number[]] = [[], []]
  const memory = watchMemory(process.pid)
  for (let round = 0; round < rounds; round++) {
    plain.push(await rateOf(copiedMib, () => shell('sh', ['-c', `cp "${source}" "${copy}" && sync "${copy}"`])))
    fs.rmSync(copy)
    ours.push(
      await rateOf(copiedMib, () =>
        copyStored({ store: from, key: 'disk' }, { store: to, key: 'disk' }, { size, sha256 }),
      ),
    )
    await to.delete('disk')
  }
  await from.delete('disk')
  return { ours: median(ours), plain: median(plain), memoryMib: memory.end() }
}

async function measureUploads(place: Place, file: string) {
  await build(buildFolder(), process.env)
  const databaseUrl = await makeDatabase(place, 'uploads')
  const session = await signIn(databaseUrl)
  const server = await startServer(place, fs.realpathSync('.'), databaseUrl, { ECS_STORE_RESERVE: '0B' })
  const cookie = cookieFor(server, session)
  const memory = watchMemory(server.pid)
  try {
    const [ours, plain]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      plain.push(
        await rateOf(sizeMib, () => shell('sh', ['-c', `cp "${file}" "${file}.copy" && sha256sum "${file}.copy"`])),
      )
      fs.rmSync(`${file}.copy`)
      ours.push(await rateOf(sizeMib, () => upload(server.url, cookie, { file, size: sizeMib * mib })))
    }
    const many = Array.from({ length: atOnce }, () => upload(server.url, cookie, { file, size: manyMib * mib }))
    await Promise.all(many)
    return { ours: median(ours), plain: median(plain), memoryMib: memory.end() }
  } finally {
    memory.end()
    await server.stop()
  }
}

function watchMemory(pid: number): { end: () => number } {
  const idle = memoryOf(pid)
  let most = idle
  const timer = setInterval(() => {
    most = Math.max(most, memoryOf(pid))
  }, 100)
  return {
    end: () => {
      clearInterval(timer)
      return (most - idle) / mib
    },
  }
}

async function upload(url: string, cookie: string, { file, size }: { file: string; size: number }): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const words = { region: regions[0], name: 'disk', operatingSystem: 'Debian 12', fileName: 'disk.raw' }
  const common = { cookie, 'Tus-Resumable': '1.0.0' }
  const metadata = Object.entries(words).map(([key, text]) => `${key} ${base64(text)}`)
  const begun = await fetch(`${url}/api/uploads`, {
    method: 'POST',
    headers: { ...common, 'Upload-Length': String(size), 'Upload-Metadata': metadata.join(',') },
  })
  if (!begun.ok) throw new Error(`The upload was refused: ${await begun.text()}`)
  const place = new URL(begun.headers.get('Location') ?? '', `${url}/api/uploads/`)
  for (let offset = 0; offset < size; offset += chunkBytes) {
    const headers = {
      ...common,
      'Content-Type': 'application/offset+octet-stream',
      'Content-Length': Math.min(chunkBytes, size - offset),
      'Upload-Offset': offset,
    }
    const start = offset % (sizeMib * mib)
    await sendPiece(place, headers, fs.createReadStream(file, { start, end: start + chunkBytes - 1 }))
  }
}

// Not fetch, which copies each piece before sending it and takes longer than the server to receive it.
async function sendPiece(place: URL, headers: http.OutgoingHttpHeaders, piece: fs.ReadStream): Promise<void> {
  const request = http.request(place, { method: 'PATCH', headers })
  const answered: Promise<http.IncomingMessage[]> = once(request, 'response')
  await pipeline(piece, request)
  const [answer] = await answered
  if (answer?.statusCode !== 204) throw new Error(`The upload was cut: ${answer?.statusCode}`)
  answer.resume()
}

async function signIn(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const [accountId, sessionId] = ['acc-benchmark0', randomBytes(8).toString('hex')]
  await client.query(`INSERT INTO "Region" (id, name, "createdAt") VALUES ('${regions[0]}', 'Benchmark', now())`)
  await client.query(`INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
    VALUES ('${accountId}', 'bench', 'MASTER', 'Bench', '', '-', now())`)
  await client.query(`INSERT INTO "Session" (id, "accountId", "createdAt", "expiresAt")
    VALUES ('${sessionId}', '${accountId}', now(), now() + interval '1 day')`)
  await client.end()
  return await sealSession({ accountId, sessionId })
}

function memoryOf(pid: number): number {
  const read = (name: string) => {
    try {
      return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8')
    } catch {
      return ''
    }
  }
  const own = Number(/VmRSS:\s+(\d+) kB/.exec(read('status'))?.[1] ?? 0) * 1024
  const children = read(`task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return children.reduce((sum, child) => sum + memoryOf(child), own)
}

async function rateOf(mibs: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return mibs / ((performance.now() - began) / 1_000)
}
