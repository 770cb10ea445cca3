// `npm run newest`: lint, types and quick unit tests on the newest Node, from the registry's package `node`. With `-- --all` all
// tests except those in a browser. Exits 0 with the reason if the registry has no Node for this machine.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

process.chdir(path.resolve(import.meta.dirname, '../..'))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-node-'))
const bin = path.join(folder, 'node_modules/node/bin')
/** Slow tests, which test QEMU and our parsers rather than Node. */
const slow = /^lib\/(machines|disks)\//
const tests = process.argv.includes('--all') ? ['unit', 'db'] : ['unit', ...quickTests()]
const commands = [
  ['npm', 'run', 'lint'],
  ['npm', 'run', 'typecheck'],
  ['node', 'lib/start/test.mjs', ...tests],
]

process.exitCode = runAll()
fs.rmSync(folder, { recursive: true, force: true })

function quickTests() {
  const files = fs.readdirSync('lib', { recursive: true, encoding: 'utf8' }).map((file) => `lib/${file}`)
  return files.filter((file) => file.endsWith('.test.ts') && !file.endsWith('.db.test.ts') && !slow.test(file))
}

/** The exit code of the first command that fails. */
function runAll() {
  const reason = bringNode()
  if (reason) {
    console.log(`Not tried on the newest Node: ${reason}`)
    return 0
  }
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` }
  for (const [command, ...words] of commands) {
    const { status } = spawnSync(command, words, { env, stdio: 'inherit' })
    if (status !== 0) {
      console.error(`${[command, ...words].join(' ')} failed on the newest Node.`)
      return status ?? 1
    }
  }
  return 0
}

/** Installs the newest Node. Returns why it cannot, or null. */
function bringNode() {
  const words = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', 'node@latest']
  const { status, stderr } = spawnSync('npm', words, {
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  })
  if (status !== 0) return `npm could not install it. ${stderr.trim().slice(-300)}`
  const { status: runs, stdout } = spawnSync(path.join(bin, 'node'), ['--version'], { encoding: 'utf8' })
  if (runs !== 0) return 'the package node has no program for this machine, or npm does not run its installer.'
  const version = stdout.trim()
  if (version === process.version) return `this is it, ${version}.`
  console.log(`On Node ${version}:`)
  return null
}
