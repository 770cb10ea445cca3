// Completes package-lock.json; run `node lib/start/lock.mjs` after each `npm install` that changed it, then commit it.
// Some mirrors of the npm registry lack optional packages for other platforms, so npm cannot write them into the lock,
// and `npm ci` then refuses that lock. This adds the missing entries: version, os, cpu. They have no integrity hash,
// because those packages were not seen here; npm installs them where the platform fits and they exist.
import fs from 'node:fs'
import path from 'node:path'

const systems = {
  ...same('android', 'darwin', 'linux', 'freebsd', 'netbsd', 'openbsd', 'sunos', 'aix', 'win32', 'openharmony'),
  linuxmusl: 'linux',
  windows: 'win32',
}
const processors = {
  ...same('x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'),
  aarch64: 'arm64',
}

const file = path.resolve(import.meta.dirname, '../../package-lock.json')
const lock = JSON.parse(fs.readFileSync(file, 'utf8'))
const added = complete(lock.packages)
if (added.length) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  lock.packages = Object.fromEntries(sorted)
  fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
for (const name of added) console.log(`added ${name}`)
console.log(`${added.length} added`)

function complete(packages) {
  const added = []
  for (const [from, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = range.replace(/^[~^]/, '')
      if (isLocked(packages, from, name) || !/^\d+\.\d+\.\d+/.test(version)) continue
      packages[`node_modules/${name}`] = { version, ...platform(name), ...(entry.dev && { dev: true }), optional: true }
      added.push(`${name}@${version}`)
    }
  }
  return added
}

// Node looks for a package in node_modules beside the importing one, then in each folder above.
function isLocked(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true
    if (!at) return false
  }
}

/** The platform in a name such as @img/sharp-linuxmusl-x64. */
function platform(name) {
  const words = name.split('/').pop().split(/[-.]/)
  const os = words.map((word) => systems[word]).find(Boolean)
  const cpu = words.map((word) => processors[word]).find(Boolean)
  const libc = words.some((word) => word.includes('musl')) ? 'musl' : 'glibc'
  return { ...(cpu && { cpu: [cpu] }), ...(os && { os: [os] }), ...(os === 'linux' && { libc: [libc] }) }
}

function same(...names) {
  return Object.fromEntries(names.map((name) => [name, name]))
}
