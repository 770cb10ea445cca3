import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runTool } from '@/lib/disks/fixtures/tools'
import { admin } from './admin-fixture'

// The packages come from a local repository, through Debian's real apt.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-check-prepare-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
const isDebian = ['apt-get', 'dpkg-deb'].every((tool) => spawnSync(tool, ['--version']).status === 0)
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0
const note = isDebian ? '' : ' (skipped: no apt on this machine)'

type Package = { name: string; depends?: string; files?: Record<string, string | Buffer> }

// The head of a program that needs no shared libraries.
const program = Buffer.alloc(64)
program.write('\x7fELF\x02', 'latin1')
const release = '6.1.0-9-cloud-amd64'
const kernel = (modules: Record<string, string>): Package[] => [
  { name: 'linux-image-cloud-amd64', depends: `linux-image-${release}` },
  { name: `linux-image-${release}`, files: { [`boot/vmlinuz-${release}`]: 'a kernel', ...modules } },
]
const modules = { [`lib/modules/${release}/kernel/fs/xfs/xfs.ko`]: 'a module' }
const busybox: Package = { name: 'busybox-static', files: { 'bin/busybox': program } }

function packed({ name, depends, files = {} }: Package, source: string): string {
  const root = path.join(source, name)
  const fields = `Package: ${name}\nVersion: 1\nArchitecture: amd64\nMaintainer: Test <test@example.com>\nDescription: test\n`
  const control = `${fields}${depends ? `Depends: ${depends}\n` : ''}`
  for (const [file, text] of Object.entries({ 'DEBIAN/control': control, ...files })) {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
  }
  runTool(source, 'dpkg-deb', '--build', '--root-owner-group', name, `${name}.deb`)
  const bytes = fs.readFileSync(path.join(source, `${name}.deb`))
  const sum = createHash('sha256').update(bytes).digest('hex')
  return `${control}Filename: ./${name}.deb\nSize: ${bytes.length}\nSHA256: ${sum}\n`
}

/** Points apt at a repository with only these packages. */
function sourceOf(name: string, packages: readonly Package[]): { APT_CONFIG: string } {
  const place = path.join(folder, name)
  const source = path.join(place, 'source')
  for (const part of ['source', 'lists/partial', 'cache/archives/partial'])
    fs.mkdirSync(path.join(place, part), { recursive: true })
  fs.writeFileSync(path.join(source, 'Packages'), packages.map((one) => packed(one, source)).join('\n'))
  fs.writeFileSync(path.join(place, 'sources.list'), `deb [trusted=yes arch=amd64] file:${source} ./\n`)
  fs.writeFileSync(path.join(place, 'status'), '')
  const settings = {
    'Dir::Etc::SourceList': `${place}/sources.list`,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': `${place}/lists`,
    'Dir::State::Status': `${place}/status`,
    'Dir::Cache': `${place}/cache`,
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': 'root',
  }
  const config = path.join(place, 'apt.conf')
  fs.writeFileSync(
    config,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  )
  const { status, stderr } = spawnSync('apt-get', ['update'], { env: { ...process.env, APT_CONFIG: config } })
  if (status !== 0) throw new Error(String(stderr))
  return { APT_CONFIG: config }
}

const data = path.join(folder, 'data')
const parts = path.join(data, 'check-kernel')
/** Runs the command without a database, which a worker's host may not reach. */
const prepare = (env: Record<string, string>, ...args: string[]) =>
  admin(['check', 'prepare', ...args], '', { DATABASE_URL: '', ECS_DATA_DIR: data, ...env })
const files = () => fs.readdirSync(parts, { recursive: true, encoding: 'utf8' }).sort()

test.skipIf(!isDebian)(
  `the kernel of the reading machine is fetched without a database, and taken anew the next time${note}`,
  async () => {
    const source = sourceOf('whole', [...kernel(modules), busybox])
    const first = await prepare(source)
    if (hasQemu) {
      const out = `${parts} holds the kernel of the machine that reads file systems.\n`
      expect(first).toEqual({ code: 0, out, err: '' })
    } else {
      expect(first).toMatchObject({ code: 1, out: `${parts} holds the kernel.\n` })
      expect(first.err).toContain('The machine cannot be started yet. Missing: qemu-system-x86_64 is missing.')
    }
    const whole = files()
    expect(whole).toContain(`boot/vmlinuz-${release}`)
    expect(whole.filter((name) => name.endsWith('.deb'))).toEqual([])
    fs.writeFileSync(path.join(parts, 'old'), '')
    const { out } = await prepare(source, '--json')
    expect(JSON.parse(out)).toMatchObject({ folder: parts })
    expect(files()).toEqual(whole)
  },
)

test.skipIf(!isDebian)(
  `what was fetched before stays where the packages cannot be had or lack a part${note}`,
  async () => {
    const kept = files()
    const complaints = [
      await prepare(sourceOf('empty', [busybox])),
      await prepare(sourceOf('no-busybox', kernel(modules))),
      await prepare(sourceOf('no-modules', [...kernel({}), busybox])),
    ]
    expect(complaints.map(({ code, out }) => ({ code, out }))).toEqual(Array(3).fill({ code: 1, out: '' }))
    expect(complaints[0]?.err).toContain('apt knows no linux-image-cloud-amd64')
    expect(complaints[1]?.err).toContain('busybox-static')
    expect(complaints[2]?.err).toContain('The packages hold no kernel with modules, or no static busybox.')
    expect(files()).toEqual(kept)
    expect(fs.readdirSync(data).filter((name) => name.startsWith('check-kernel'))).toEqual(['check-kernel'])
  },
)
