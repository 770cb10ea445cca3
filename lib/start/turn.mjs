// A lock between processes of this clone, without any installed package. The holder touches a file every few seconds; a file
// that was not touched for a while belongs to a dead process.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const touchMs = 2_000
const deadMs = 20_000

/**
 * Runs `work` once no other process runs any under the same name in the same folder. @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTurn(name, work) {
  const where = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 16)
  const file = path.join(os.tmpdir(), `ecs-console-${name}-${process.getuid?.() ?? 0}-${where}`)
  await takeTurn(file, name)
  const touch = setInterval(() => fs.utimes(file, new Date(), new Date(), () => {}), touchMs)
  try {
    return await work()
  } finally {
    clearInterval(touch)
    fs.rmSync(file, { force: true })
  }
}

async function takeTurn(file, name) {
  for (let told = false; ; await sleep(200)) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const left = fs.statSync(file, { throwIfNoEntry: false })
    if (left && (Date.now() - left.mtimeMs > deadMs || hasDied(file))) setAside(file, left.ino)
    else if (left && !told) {
      console.error(`Another process of this clone does the same work (${name}); waiting for it.`)
      told = true
    }
  }
}

function hasDied(file) {
  try {
    process.kill(Number(fs.readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

// Two processes may find the same dead file; renaming gives it to one of them. A live file renamed by mistake, because another
// process was faster, is recognised by its inode and put back.
function setAside(file, inode) {
  const aside = `${file}.${process.pid}`
  try {
    fs.renameSync(file, aside)
    if (fs.statSync(aside).ino !== inode) fs.linkSync(aside, file)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
  fs.rmSync(aside, { force: true })
}
