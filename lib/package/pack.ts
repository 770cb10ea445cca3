import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { commitOfFiles } from '../start/commit'
import { contentsOf } from './contents'
import { archiveVersion } from './release'

export type Packed = {
  archive: string
  name: string
  files: number
  archiveBytes: number
  bytes: number
}

type Manifest = { name: string; version: string; [key: string]: unknown }

/**
 * Packs a built clone into an archive for this platform: the build, its programs, production dependencies and documents. Two
 * runs on one commit and build produce the same bytes. Throws if git does not know the commit, which a package must name.
 */
export async function pack(root: string, buildFolder: string, out: string, isRelease = false): Promise<Packed> {
  const commit = commitOfFiles(root)
  if (!commit) throw new Error('A package names its commit, and this folder has no history.')
  const manifest: Manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const version = archiveVersion(manifest.version, commit, isRelease)
  const name = `${manifest.name}-${version}-${process.platform}-${process.arch}`
  fs.mkdirSync(out, { recursive: true })
  const stage = fs.mkdtempSync(path.join(out, '.stage-'))
  try {
    const folder = path.join(stage, name)
    const files = await fill(folder, root, buildFolder)
    writeManifest(folder, manifest, commit)
    writeConfiguration(folder)
    const archive = path.join(out, `${name}.tar.gz`)
    makeArchive(stage, name, archive, timeOf(root))
    const sum = createHash('sha256').update(fs.readFileSync(archive)).digest('hex')
    fs.writeFileSync(`${archive}.sha256`, `${sum}  ${path.basename(archive)}\n`)
    return { archive, name, files, archiveBytes: fs.statSync(archive).size, bytes: bytesBelow(folder) }
  } finally {
    fs.rmSync(stage, { recursive: true, force: true })
  }
}

async function fill(folder: string, root: string, buildFolder: string): Promise<number> {
  const contents = await contentsOf(root, buildFolder)
  for (const { file, from, isLink } of contents) {
    const [source, target] = [path.join(root, from), path.join(folder, file)]
    fs.mkdirSync(path.dirname(target), { recursive: true })
    if (isLink) fs.symlinkSync(fs.readlinkSync(source), target)
    else fs.copyFileSync(source, target, fs.constants.COPYFILE_FICLONE)
  }
  fs.mkdirSync(path.join(folder, 'bin'))
  fs.symlinkSync('../lib/start/ecs-console', path.join(folder, 'bin/ecs-console'))
  return contents.length
}

/** Writes package.json without dependencies, because a package installs nothing. `gitHead` is npm's field for the commit. */
function writeManifest(folder: string, manifest: Manifest, commit: string): void {
  const { name, version, description, license, type, engines } = manifest
  const bin = { 'ecs-console': 'bin/ecs-console' }
  const own = { name, version, description, private: true, license, type, engines, bin, gitHead: commit }
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
}

/** Removes folders of the build machine from the build's configuration. */
function writeConfiguration(folder: string): void {
  const file = path.join(folder, '.next/required-server-files.json')
  const required = JSON.parse(fs.readFileSync(file, 'utf8'))
  const { outputFileTracingRoot: _, turbopack: __, ...config } = required.config
  fs.writeFileSync(file, JSON.stringify({ version: required.version, config: { ...config, distDir: '.next' } }))
  fs.rmSync(path.join(folder, '.next/required-server-files.js'), { force: true })
}

function makeArchive(stage: string, name: string, archive: string, seconds: string): void {
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${seconds}`, '--mode=go=u-w']
  execFileSync('tar', ['--create', '--gzip', ...same, '--file', archive, '--directory', stage, name])
}

function timeOf(root: string): string {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim()
}

function bytesBelow(folder: string): number {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0)
}
