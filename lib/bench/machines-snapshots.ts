import { execFile } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { hostMachines } from '@/lib/machines/machines'
import { storeOf } from '@/lib/stores/store'
import { type Figure, median } from './figures'
import { tell } from './place'

const run = promisify(execFile)
const mib = 2 ** 20
const sizeMib = 2048
const rounds = 3
const overConvertMin = 0.8

/** The speed of writing a running machine's disk into an available snapshot, compared with qemu-img on the same bytes. */
export async function measureSnapshots(regionId: string): Promise<Figure> {
  tell(`Snapshots: ${rounds} of a disk of ${sizeMib} MiB …`)
  const [id, snapshot] = ['ins-snapshots0', 'snap-bench00000']
  const machines = hostMachines()
  const size = sizeMib * mib
  const key = 'disk-of-snapshots'
  const file = path.join(storeOf(regionId).local?.folder ?? '', key)
  // Random bytes, which do not compress. The guest cannot boot them, so it does nothing.
  const out = fs.openSync(file, 'w')
  for (let at = 0; at < sizeMib; at += 16) fs.writeSync(out, randomFillSync(Buffer.alloc(16 * mib)))
  fs.closeSync(out)
  const base = { regionId, key, sha256: '', size, virtualSize: size, format: 'raw' as const }
  await machines.build(id, { build: 'one', base, diskBytes: size, bootMode: 'BIOS', login: null })
  await machines.start(id, { vcpus: 1, memoryMib: 256 })
  const [ours, plain]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    plain.push(await rateOf(() => run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', file, `${file}.copy`])))
    fs.rmSync(`${file}.copy`)
    ours.push(
      await rateOf(async () => {
        await machines.snapshot(id, snapshot)
        for (;;) {
          const found = await machines.snapshotState(id, snapshot)
          if (found.state === 'ready') return
          if (found.state === 'failed') throw new Error(`The snapshot failed: ${found.code} ${found.detail ?? ''}`)
          await sleep(20)
        }
      }),
    )
    await machines.forgetSnapshot(id, snapshot)
  }
  await machines.destroy(id)
  fs.rmSync(file)
  return {
    ...{ section: 'machines', name: `snapshot of a running disk of ${sizeMib / 1024} GiB`, unit: 'MiB/s' },
    ...{ value: median(ours), limit: { value: median(plain), of: 'qemu-img convert' } },
    aim: { of: 'ratio', bound: 'at least', number: overConvertMin },
  }
}

async function rateOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return sizeMib / ((performance.now() - began) / 1_000)
}
