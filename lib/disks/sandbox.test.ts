import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

// A tool in the weakest sandbox: no namespace can be made and nothing dropped from the bounding set, as in a service that is not root
// and may attach machines to a bridge.

const rights = ['--inh-caps=+net_admin', '--ambient-caps=+net_admin']
const asService = ['--reuid=65534', '--regid=65534', '--clear-groups', ...rights, '--']
const source = path.resolve('lib/disks/sandbox.ts')
// Needs root, and a checkout that other users can read.
const isReadable = `require('fs').accessSync(${JSON.stringify(source)})`
const canBe = spawnSync('setpriv', [...asService, process.execPath, '-e', isReadable]).status === 0

test.skipIf(!canBe)('a tool does not inherit CAP_NET_ADMIN from its worker', () => {
  // The temporary folder of a test run is private to root.
  const folder = fs.mkdtempSync('/tmp/ecs-sandbox-')
  fs.chmodSync(folder, 0o777)
  try {
    const real = execFileSync('sh', ['-c', 'command -v setpriv'], { encoding: 'utf8' }).trim()
    const put = (name: string, script: string) =>
      fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    put('unshare', 'exit 1')
    put('setpriv', `case "$*" in *--bounding-set*) exit 1 ;; esac; exec ${real} "$@"`)
    const program = `
      import { findSandbox, runSandboxed } from ${JSON.stringify(source)}
      const own = (await import('node:fs')).readFileSync('/proc/self/status', 'utf8')
      const sandbox = await findSandbox(['true'])
      const limits = { fileBytes: 0, memoryBytes: 2 ** 31, processorSeconds: 10, openFiles: 64 }
      let said = ''
      await runSandboxed(sandbox.command(limits, ['cat', '/proc/self/status']), { onOutput: (text) => { said += text } })
      const rights = (status) => Object.fromEntries([...status.matchAll(/^Cap(Inh|Prm|Eff|Amb):\\s*(\\w+)/gm)].map(([, name, set]) => [name, parseInt(set, 16)]))
      console.log(JSON.stringify({ kind: sandbox.kind, own: rights(own), tool: rights(said) }))`
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program]
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, TMPDIR: folder }
    const { stdout, stderr } = spawnSync('setpriv', [...asService, ...node], { env, encoding: 'utf8' })
    expect(stderr).toBe('')
    const netAdmin = 1 << 12
    expect(JSON.parse(stdout)).toEqual({
      kind: 'limits',
      own: { Inh: netAdmin, Prm: netAdmin, Eff: netAdmin, Amb: netAdmin },
      tool: { Inh: 0, Prm: 0, Eff: 0, Amb: 0 },
    })
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
