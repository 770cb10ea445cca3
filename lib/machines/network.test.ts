import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { bootDisk, storeBase, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { until } from '@/lib/testing/until'
import { NoNetwork } from './errors'
import { isJoined, joinBridge } from './keeper/network.mjs'
import { macOf } from './mac'
import type { MachineBase, MachineState } from './machine'
import { tapOf } from './network'
import { QemuMachines } from './qemu'

// Guests on a bridge, with another host on it: a network namespace at the other end of a veth pair.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-network-'))
vi.stubEnv('ECS_DATA_DIR', folder)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
const [bridge, cable] = [`ecsb${process.pid}`, `ecsc${process.pid}`]
const run = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: 'pipe' })

function whyNoBridge(): string | null {
  try {
    // In a temporary network namespace.
    run('test -c /dev/net/tun && perl -v && unshare --net sh -c "ip link add name br0 type bridge && bridge link"')
    return null
  } catch {
    return 'perl, iproute2, /dev/net/tun and the right to make a bridge are needed'
  }
}
const whyNot = whyNoMachine() ?? whyNoBridge()
const disk = whyNot === null ? await bootDisk() : null
const why = whyNot ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const real = (name: string, body: () => Promise<void>) => test.skipIf(why !== '')(name, body)

const settings = {
  folder: path.join(folder, 'machines'),
  accelerator: 'tcg',
  reserveMin: 0,
  firstUid: 610_000,
  bridge,
} as const
const machines = new QemuMachines(settings)
const [one, two] = ['ins-net0000001', 'ins-net0000002']
const [oneIp, twoIp, hereIp] = ['10.231.7.11', '10.231.7.12', '10.231.7.1']
let base: MachineBase
let beside: ChildProcess | undefined

/** Sends `beside` to each client, and prints the MAC address of each DHCP request. */
const program = `
  require('net').createServer((socket) => socket.end('beside\\n')).listen(7000, '0.0.0.0', () => {
    const dhcp = require('dgram').createSocket('udp4')
    dhcp.on('message', (asked) => console.log('DHCP ' + asked.subarray(28, 34).toString('hex')))
    dhcp.bind(67, '0.0.0.0', () => console.log('here'))
  })`
let said = ''

const makeBridge = () => run(`ip link add ${bridge} type bridge && ip link set ${bridge} up`)

beforeAll(async () => {
  if (!disk) return
  base = storeBase(folder, 'xx-test', disk)
  makeBridge()
  const go = 'read -r cable && ip link set "$cable" up && ip addr add'
  const script = `${go} ${hereIp}/24 dev "$cable" && exec "$0" -e "$1"`
  beside = spawn('unshare', ['--net', 'sh', '-c', script, process.execPath, program])
  beside.stdout?.on('data', (text) => {
    said += text
  })
  await until(async () => {
    const own = fs.readlinkSync('/proc/self/ns/net')
    expect(fs.readlinkSync(`/proc/${beside?.pid}/ns/net`)).not.toBe(own)
  })
  run(`ip link add ${cable} type veth peer name peer netns ${beside.pid}`)
  run(`ip link set ${cable} master ${bridge} up`)
  beside.stdin?.write('peer\n')
  await until(async () => expect(said).toContain('here'))
})
afterEach(async () => {
  for (const each of await machines.list()) await machines.destroy(each)
})
afterAll(async () => {
  if (beside) {
    beside.kill('SIGKILL')
    await once(beside, 'close')
    run(`ip link del ${bridge}`)
  }
  fs.rmSync(folder, { recursive: true, force: true })
})

async function build(id: string): Promise<void> {
  await machines.build(id, { build: 'one', base, diskBytes: 64 * 2 ** 20, bootMode: 'BIOS', login: null })
}

async function started(id: string, ip: string): Promise<Terminal> {
  await build(id)
  await machines.start(id, { vcpus: 1, memoryMib: 192 })
  const terminal = new Terminal(await machines.console(id))
  await terminal.sees('/ #')
  // The guest requests a lease as soon as it is up, from its own MAC address.
  await until(() => expect(said).toContain(`DHCP ${macOf(id).replaceAll(':', '')}`))
  terminal.type(`killall udhcpc; ip addr add ${ip}/24 dev eth0; echo A=$((3*3))`)
  await terminal.sees('A=9')
  return terminal
}

const reachesBeside = async (terminal: Terminal) => {
  terminal.type(`nc ${hereIp} 7000 < /dev/null; echo N=$((3*3))`)
  await terminal.sees('beside')
  await terminal.sees('N=9')
}
const addressOf = (name: string) => fs.readFileSync(`/sys/class/net/${name}/address`, 'utf8').trim()

real(`two guests reach their network by their own addresses, and not each other ${why}`, async () => {
  const [first, second] = await Promise.all([started(one, oneIp), started(two, twoIp)])
  await reachesBeside(first)
  await reachesBeside(second)
  first.type(`ping -c 2 -W 2 ${twoIp}; echo P=$((3*3))`)
  await first.sees('100% packet loss')
  // Only the isolation of their ports separates them.
  first.type(`ping ${twoIp}`)
  const together = () => {
    for (const id of [one, two]) run(`bridge link set dev ${tapOf(id)} isolated off`)
  }
  // The keepers isolate the ports again, so it is repeated.
  const timer = setInterval(together, 200)
  try {
    await first.sees(`bytes from ${twoIp}`)
  } finally {
    clearInterval(timer)
  }
  await until(async () => expect([one, two].map((id) => isJoined({ tap: tapOf(id) }))).toEqual([true, true]))
})

real(`a guest that takes another address is not heard, and its device is gone with it ${why}`, async () => {
  const terminal = await started(one, oneIp)
  await reachesBeside(terminal)
  // Only Linux 5.18 and newer can lock a port.
  const isLocked = run(`bridge -d link show dev ${tapOf(one)}`).includes('locked on')
  terminal.type(`ip link set eth0 down; ip link set eth0 address ${macOf(two)}; ip link set eth0 up; echo M=$((3*3))`)
  await terminal.sees('M=9')
  terminal.type(`ping -c 2 -W 2 ${hereIp}; echo P=$((3*3))`)
  if (isLocked) await terminal.sees('100% packet loss')
  await terminal.sees('P=9')
  if (isLocked) expect(run(`bridge fdb show br ${bridge}`)).not.toContain(macOf(two))
  terminal.type(`ip link set eth0 down; ip link set eth0 address ${macOf(one)}; ip link set eth0 up; echo M=$((4*4))`)
  await terminal.sees('M=16')
  await reachesBeside(terminal)
  await machines.kill(one)
  expect(fs.existsSync(`/sys/class/net/${tapOf(one)}`)).toBe(false)
})

real(`a bridge that is removed and made again gets its machines back ${why}`, async () => {
  const terminal = await started(one, oneIp)
  run(`ip link del ${bridge}`)
  expect(await machines.network()).toMatchObject({ name: bridge, problem: expect.stringContaining(bridge) })
  await build(two)
  await expect(machines.start(two, { vcpus: 1, memoryMib: 192 })).rejects.toThrow(NoNetwork)
  expect([await machines.state(two), await machines.runs(two)]).toEqual([{ state: 'stopped', reason: null }, []])
  makeBridge()
  run(`ip link set ${cable} master ${bridge}`)
  await until(async () => expect(isJoined({ tap: tapOf(one) })).toBe(true))
  expect(run(`bridge -d link show dev ${tapOf(one)}`)).toMatch(/isolated on .*/)
  await reachesBeside(terminal)
  expect(await machines.network()).toEqual({ name: bridge, problem: null })
})

real(`a machine whose device cannot be had has failed, and has not run ${why}`, async () => {
  await build(one)
  run(`ip link add name ${tapOf(one)} type bridge`)
  try {
    await machines.start(one, { vcpus: 1, memoryMib: 192 })
    const failed: MachineState = { state: 'failed', reason: { code: 'NETWORK_MISSING', detail: expect.any(String) } }
    await until(async () => expect(await machines.state(one)).toEqual(failed))
    expect(await machines.runs(one)).toEqual([])
  } finally {
    run(`ip link del ${tapOf(one)}`)
  }
})

// Any device can be a port; here it is one end of a veth pair.
test.skipIf(whyNoBridge() !== null)('a port is isolated or none, and changes no address of its bridge', async () => {
  const [own, tap, card] = [`ecso${process.pid}`, `ecsp${process.pid}`, `ecsq${process.pid}`]
  const port = { tap, bridge: own, mac: macOf(one) }
  run(`ip link add ${own} type bridge && ip link set ${own} up`)
  try {
    run(`ip link add ${tap} address 00:00:00:00:00:01 type veth peer name ${tap}x`)
    run(
      `ip link add ${card} address 52:54:00:12:34:56 type veth peer name ${card}x && ip link set ${card} master ${own}`,
    )
    const address = addressOf(own)
    run(`ip link set ${tap} up`)
    await joinBridge(port)
    expect([isJoined(port), addressOf(own), addressOf(tap)]).toEqual([true, address, `fe${macOf(one).slice(2)}`])
    // A change by another program is undone.
    run(`bridge link set dev ${tap} isolated off`)
    expect(isJoined(port)).toBe(false)
    await joinBridge(port)
    expect(isJoined(port)).toBe(true)
    // The bridge refuses this address once the device is its port.
    await expect(joinBridge({ ...port, mac: '00:00:00:00:00:00' })).rejects.toThrow()
    expect([isJoined(port), fs.existsSync(`/sys/class/net/${tap}/master`)]).toEqual([false, false])
  } finally {
    for (const name of [tap, card, own]) run(`ip link del ${name} 2>/dev/null || true`)
  }
})

test('a port is given up if the programs that configure it hang', async () => {
  const programs = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-programs-'))
  fs.writeFileSync(path.join(programs, 'ip'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 })
  const usual = process.env.PATH
  vi.stubEnv('PATH', `${programs}:${usual}`)
  const port = { tap: 'ecs-none', bridge: 'ecs-none', mac: macOf(one) }
  await expect(joinBridge(port, 100)).rejects.toThrow('ip and bridge have not answered within 0.1 s')
  vi.stubEnv('PATH', usual)
  fs.rmSync(programs, { recursive: true })
})

test('a MAC address is stable for an id and unique', () => {
  const all = new Set(Array.from({ length: 1000 }, (_, index) => macOf(`ins-${index}`)))
  expect(all.size).toBe(1000)
  for (const mac of all) expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/)
  expect(macOf(one)).toBe(macOf(one))
  expect(tapOf('ins-0123456789').length).toBeLessThanOrEqual(15)
})
