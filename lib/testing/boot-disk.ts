import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { makeBootDisk } from '@/lib/machines/boot-disk'
import type { MachineBase, MachineView } from '@/lib/machines/machine'
import { inTurn } from '@/lib/start/turn.mjs'

/** Below the tests' timeout, whose error would say nothing. */
const patienceMs = 300_000

/** Why no machine can be tested here; null if it can. */
export function whyNoMachine(): string | null {
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) return 'qemu-system-x86_64 is missing'
  if (spawnSync('apt-get', ['--version']).status !== 0) return 'the disk that boots is made of Debian packages'
  return null
}

/** The disk that boots, made once for all tests on this machine. Null if its packages are unavailable. */
export async function bootDisk(): Promise<string | null> {
  // Kept between runs, named by a hash of its recipe.
  const recipe = createHash('sha256').update(fs.readFileSync(path.resolve('lib/machines/boot-disk.ts')))
  const name = `ecs-console-boot-disk-${process.getuid?.() ?? 0}-${recipe.digest('hex').slice(0, 12)}.qcow2`
  const file = path.join(os.tmpdir(), name)
  return await inTurn('boot-disk', async () => {
    if (!fs.existsSync(file)) await makeBootDisk(file).catch(() => {})
    return fs.existsSync(file) ? file : null
  })
}

/** Puts a disk into the folder store of a region. */
export function storeBase(dataFolder: string, regionId: string, disk: string): MachineBase {
  const folder = path.join(dataFolder, 'stores', regionId)
  fs.mkdirSync(folder, { recursive: true })
  fs.copyFileSync(disk, path.join(folder, 'boot-disk'))
  const info = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', disk], { encoding: 'utf8' }))
  return {
    ...{ regionId, key: 'boot-disk', sha256: '', format: 'qcow2' },
    ...{ size: fs.statSync(disk).size, virtualSize: info['virtual-size'] },
  }
}

/**
 * Boots an emulated machine from a qcow2 disk, which is not written to, and returns its serial output once that contains all
 * these words. Throws if the machine ends earlier.
 */
export async function bootUntil(disk: string, words: readonly string[], memoryMib = 256): Promise<string> {
  const drive = `file=${disk},format=qcow2,if=virtio,snapshot=on`
  const host = ['-accel', 'tcg', '-cpu', 'max', '-m', String(memoryMib), '-nic', 'none', '-display', 'none']
  const args = [...host, '-serial', 'stdio', '-drive', drive]
  const machine = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  try {
    return await new Promise<string>((resolve, reject) => {
      const end = () => reject(new Error(`The machine ended: ${text}`))
      machine.once('error', reject).once('exit', end)
      machine.stderr.on('data', (bytes) => {
        text += bytes
      })
      machine.stdout.on('data', (bytes) => {
        text += bytes
        if (words.every((said) => text.includes(said))) resolve(text)
      })
    })
  } finally {
    machine.kill('SIGKILL')
  }
}

/** Reads a console and types into it. */
export class Terminal {
  text = ''

  constructor(readonly view: MachineView) {
    view.stream.on('data', (chunk) => {
      this.text += chunk
    })
  }

  type(line: string): void {
    this.view.stream.write(`${line}\n`)
  }

  /** Waits for these words, and discards everything up to them. Throws with the output so far if they do not come. */
  async sees(words: string): Promise<void> {
    const late = AbortSignal.timeout(patienceMs)
    while (!this.text.includes(words)) {
      await new Promise<void>((resolve, reject) => {
        const end = () => {
          const why = late.aborted ? 'does not say' : 'ended before'
          reject(new Error(`The console ${why} ${JSON.stringify(words)}: ${JSON.stringify(this.text.slice(-2_000))}`))
        }
        if (this.view.stream.destroyed || late.aborted) return end()
        late.addEventListener('abort', end)
        this.view.stream.once('close', end).once('data', () => {
          this.view.stream.off('close', end)
          late.removeEventListener('abort', end)
          resolve()
        })
      })
    }
    this.text = this.text.slice(this.text.indexOf(words) + words.length)
  }
}
