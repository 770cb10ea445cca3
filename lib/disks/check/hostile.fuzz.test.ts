import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { change, changesOf } from '../fixtures/mutation'
import { createSecrets } from '../fixtures/plants'
import { hasTools, runTool, toolsNote } from '../fixtures/tools'
import { makeBlocks } from '../guest/blocks'
import { buildFat16 } from '../samples/fat16'
import { checkDisk } from './scan'

const mib = 1024 ** 2
/** Mutated disks of each kind. `npm run fuzz` runs 2,000 of each, 10,000 in all. */
const asked = process.env.ECS_FUZZ_RUNS
const runs = Number(asked ?? 40)
const folder = mkdtempSync(join(tmpdir(), 'check-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { make } = createSecrets('fuzz')
const secret = make(36)
const root = join(folder, 'root')
for (const name of ['etc/ssh', 'root/.ssh', 'a/b/c/d', 'var/lib/dpkg/info'])
  mkdirSync(join(root, name), { recursive: true })
writeFileSync(join(root, 'etc/shadow'), 'root:$6$x$y:1::::::\n')
writeFileSync(join(root, 'root/.ssh/authorized_keys'), 'ssh-rsa AAAA ann\n')
writeFileSync(join(root, 'a/b/c/d/notes'), `token ghp_${secret}\n`)
writeFileSync(join(root, 'var/lib/dpkg/info/app.md5sums'), `${make(32, 'hex')}  usr/bin/app\n`)
symlinkSync('../a', join(root, 'etc/link'))

const kinds = [
  { kind: 'ext4', tool: 'mke2fs', args: ['-q', '-F', '-t', 'ext4', '-d', root], sizeMib: 4 },
  { kind: 'FAT', tool: null, args: [], sizeMib: 0 },
  { kind: 'NTFS', tool: 'mkntfs', args: ['-q', '-F'], sizeMib: 8 },
  { kind: 'squashfs', tool: 'mksquashfs', args: [root], sizeMib: 0 },
  { kind: 'ISO', tool: 'genisoimage', args: ['-quiet', '-R', '-o'], sizeMib: 0 },
] as const

function makeDisk({ kind, tool, args, sizeMib }: (typeof kinds)[number]): Buffer {
  if (tool === null) {
    const files = [{ name: 'ID_RSA', text: `token ghp_${secret}\n` }]
    return buildFat16({ sectors: 8192, hiddenSectors: 0, label: 'FUZZ', serial: 7, files })
  }
  const path = join(folder, kind)
  if (sizeMib > 0) {
    writeFileSync(path, '')
    truncateSync(path, sizeMib * mib)
  }
  if (kind === 'squashfs') runTool(folder, tool, ...args, path, '-noappend', '-quiet', '-no-progress')
  else if (kind === 'ISO') runTool(folder, tool, ...args, path, root)
  else runTool(folder, tool, ...args, path)
  // mkntfs cannot copy files into the new file system.
  if (kind === 'NTFS') runTool(folder, 'ntfscp', path, join(root, 'a/b/c/d/notes'), 'notes')
  return readFileSync(path)
}

for (const kind of kinds) {
  const tools = kind.tool === null ? [] : [kind.tool]
  test.skipIf(!hasTools(...tools))(
    `no mutated ${kind.kind} makes a check throw or hang${toolsNote(...tools)}`,
    { timeout: 600_000 + runs * 5_000 },
    async () => {
      const disk = makeDisk(kind)
      const used = Math.min(disk.length, mib)
      const places = Array.from({ length: 64 }, (_, index) => index * 128).filter((place) => place < used - 64)
      const target = { name: kind.kind, disk, order: 'little' as const, parts: [{ at: 0, length: used }], places }
      let read = 0
      const figures = { clean: 0, findings: 0, unchecked: 0, slowestMs: 0, memoryMib: 0 }
      const idleBytes = process.memoryUsage().rss
      const property = fc.asyncProperty(changesOf(target), fc.boolean(), async (changes, deep) => {
        const changed = change(target, changes)
        const open = () => makeBlocks(changed.size, (into, offset) => changed.at(offset, into.length).copy(into))
        const options = { open, deep, memoryBytesMax: 96 * mib, onProgress: () => {}, onReport: () => {} }
        const started = performance.now()
        const report = await checkDisk(options)
        figures.slowestMs = Math.max(figures.slowestMs, Math.round(performance.now() - started))
        figures.memoryMib = Math.max(figures.memoryMib, Math.round((process.memoryUsage().rss - idleBytes) / mib))
        figures[report.verdict] += 1
        expect(['clean', 'findings', 'unchecked']).toContain(report.verdict)
        expect(report.verdict === 'unchecked' && report.reason === null).toBe(false)
        expect(JSON.stringify(report)).not.toContain(secret)
        if (report.partitions.some(({ readable }) => readable)) read += 1
      })
      await fc.assert(property, { numRuns: runs })
      expect(read).toBeGreaterThan(0)
      if (asked) console.error(`${kind.kind}: ${JSON.stringify(figures)}`)
    },
  )
}
