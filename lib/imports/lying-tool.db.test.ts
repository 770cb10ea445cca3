import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { importImage } from '@/lib/tasks/import-image'
import { account, keysIn, region } from '@/lib/testing/builders'

// A qemu-img that always writes a disk with a backing file.

const tools = await mkdtemp(path.join(tmpdir(), 'ecs-console-tools-'))
const hostile = buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'LIAR', seed: 3 }) })
hostile.writeBigUInt64BE(200n, 8)
hostile.writeUInt32BE('/etc/shadow'.length, 16)
hostile.write('/etc/shadow', 200, 'latin1')
await writeFile(path.join(tools, 'hostile'), hostile)
const script = `#!/bin/sh
[ "$1" = --version ] && echo 'qemu-img version 0.0' && exit 0
for last; do :; done
cat '${path.join(tools, 'hostile')}' > "$last"
`
await writeFile(path.join(tools, 'qemu-img'), script, { mode: 0o755 })
process.env.PATH = `${tools}:${process.env.PATH}`
afterAll(() => rm(tools, { recursive: true }))

test('the output of qemu-img is inspected like an upload', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const raw = buildRawDisk({ sizeMib: 4, label: 'GOOD', seed: 4 })
  const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
  const imported = await importImage(owner.ctx, input, { open: () => Readable.from([raw]) })
  expect(imported).toMatchObject({ ok: false, refusal: { code: 'DISK_REFUSED', reason: 'backing-file' } })
  expect(await db().image.findFirst({ where: { ownerId: owner.id } })).toMatchObject({ state: 'failed' })
  expect(await keysIn(here)).toEqual([])
})
