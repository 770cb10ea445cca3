// Makes a clone ready to run: Node's version, the packages, the database client. Plain Node, because it runs before
// node_modules exists. It prints to stderr only, so that stdout belongs to the command that follows.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { inTurn } from './turn.mjs'

const nodeNeeded = [20, 19]
const packagesStamp = 'node_modules/.ecs-console-lock'
const clientStamp = 'lib/db/generated/.ecs-console-schema'
const schema = 'prisma/schema.prisma'
const quiet = process.argv.includes('--quiet')

process.chdir(path.resolve(import.meta.dirname, '../..'))
if (!isNodeNewEnough()) {
  fail(`Open ECS Console needs Node.js ${nodeNeeded.join('.')} or newer; this is ${process.version}.`)
}
try {
  if (isReady()) {
    if (!quiet) console.error('Packages and database client are up to date.')
  } else {
    await inTurn('prepare', prepare)
  }
} catch (error) {
  fail(error.message)
}

function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > nodeNeeded[0] || (major === nodeNeeded[0] && minor >= nodeNeeded[1])
}

function isReady() {
  return read(packagesStamp) === lockHash() && (!fs.existsSync(schema) || read(clientStamp) === schemaHash())
}

async function prepare() {
  if (read(packagesStamp) !== lockHash()) {
    if (!isInstalledByHand()) await install()
    fs.writeFileSync(packagesStamp, lockHash())
  }
  if (fs.existsSync(schema) && read(clientStamp) !== schemaHash()) await generate()
}

// A manual npm install leaves no stamp. npm writes its own record last, so a record newer than the lock means a finished
// install.
function isInstalledByHand() {
  const record = fs.statSync('node_modules/.package-lock.json', { throwIfNoEntry: false })
  const lock = fs.statSync('package-lock.json', { throwIfNoEntry: false })
  return !fs.existsSync(packagesStamp) && record && lock && record.mtimeMs >= lock.mtimeMs
}

// `--include=dev` because NODE_ENV=production would omit build dependencies. An existing file keeps Prisma's install scripts
// from downloading engines that are not used here.
async function install() {
  console.error('Installing packages (a minute or two, once) …')
  fs.rmSync(packagesStamp, { force: true })
  const quietly = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  if (fs.existsSync('package-lock.json') && (await run('npm', ['ci', ...quietly])) === 0) return
  // Some registry mirrors make npm refuse a correct lock (see lock.mjs). `--no-save` does not change it.
  console.error('npm ci did not succeed; trying npm install …')
  if ((await run('npm', ['install', '--no-save', ...quietly])) !== 0)
    throw new Error('The packages could not be installed.')
}

async function generate() {
  console.error('Generating the database client …')
  const prisma = ['node_modules/prisma/build/index.js', 'generate', '--config', 'prisma/prisma.config.ts', '--no-hints']
  const log = []
  const code = await run(process.execPath, prisma, log)
  if (code !== 0) throw new Error(`${log.join('')}\nThe database client could not be generated.`)
  fs.writeFileSync(clientStamp, schemaHash())
}

// Prisma's version is in the lock, so a new version also regenerates the client.
function schemaHash() {
  return hash(schema, 'prisma/prisma.config.ts', 'package-lock.json')
}

function lockHash() {
  return hash(fs.existsSync('package-lock.json') ? 'package-lock.json' : 'package.json')
}

function hash(...files) {
  const sum = createHash('sha256')
  for (const file of files) sum.update(read(file) ?? '').update('\0')
  return sum.digest('hex')
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined
}

/** Runs a program with its output on stderr, or written to `log`, and returns its exit code. */
function run(command, args, log) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1' }
    const output = log ? 'pipe' : 2
    const child = spawn(command, args, { env, stdio: ['ignore', output, output], shell: process.platform === 'win32' })
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => log.push(text))
    child.on('error', (error) => reject(new Error(`${command} could not be run: ${error.message}`)))
    child.on('close', resolve)
  })
}

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
