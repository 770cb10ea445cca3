import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { Packed } from './pack'

// Builds a package's container with Debian's own tools and runs it without a container engine: buildah in a chroot, with plain
// folders as layers, needs root and no kernel feature that a container may lack.

const containerfile = 'deploy/container/Containerfile'
const user = '10001:10001'
const image = 'localhost/open-ecs-console'
const base = 'localhost/base'

export type ContainerPlace = { folder: string }

/** Makes a minimal Debian with this Node, in place of the official image. Returns why it cannot, or null. */
export async function makeBase({ folder }: ContainerPlace): Promise<string | null> {
  const root = path.join(folder, 'base')
  const child = spawn('debootstrap', ['--variant=minbase', 'bookworm', root], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', resolve))
  if (code !== 0) return `debootstrap made no base: ${said.slice(-300)}`
  fs.copyFileSync(process.execPath, path.join(root, 'usr/local/bin/node'))
  const container = buildah(folder, ['from', 'scratch'])
  buildah(folder, ['copy', '--quiet', container, root, '/'])
  buildah(folder, ['config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container])
  buildah(folder, ['commit', '--quiet', '--rm', container, base])
  fs.rmSync(root, { recursive: true })
  return null
}

/** Builds the Containerfile on the base, and mounts a container of it. Throws buildah's message. */
export function buildContainer({ folder }: ContainerPlace, { archive }: Packed): { root: string; config: string } {
  const [context, file] = [path.dirname(archive), path.basename(archive)]
  const args = ['--build-arg', `BASE=${base}`, '--build-arg', `PACKAGE=${file}`, '--tag', image]
  buildah(folder, ['build', '--quiet', '--file', containerfile, ...args, context])
  const config = buildah(folder, ['inspect', '--type', 'image', image])
  return { root: buildah(folder, ['mount', buildah(folder, ['from', '--pull-never', image])]), config }
}

/** Runs a container's program as its user, with a read-only root and writable /data and /tmp. */
export function runContainer(root: string, data: string, env: Record<string, string>, words: string[]): ChildProcess {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const script = `set -e
    mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"
    mount -t proc proc "$0/proc"; mount -t tmpfs tmpfs "$0/tmp"; mount --rbind /dev "$0/dev"; mount --bind "$1" "$0/data"
    root=$0; shift
    exec chroot --userspec=${user} "$root" /usr/bin/env -i "$@"`
  const program = ['/opt/open-ecs-console/bin/ecs-console', ...words]
  const apart = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, root, data]
  return spawn('unshare', [...apart, 'PATH=/usr/local/bin:/usr/bin:/bin', ...settings, ...program], { stdio: 'pipe' })
}

export function canRunContainers(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
}

export function removeContainers({ folder }: ContainerPlace): void {
  if (fs.existsSync(path.join(folder, 'images'))) buildah(folder, ['rm', '--all'])
}

function buildah(folder: string, args: string[]): string {
  const places = ['--root', path.join(folder, 'images'), '--runroot', path.join(folder, 'run')]
  const env = { ...process.env, STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' }
  return execFileSync('buildah', [...places, ...args], { env, encoding: 'utf8', maxBuffer: 2 ** 24 }).trim()
}
