import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { whileFrozen } from './keeper/agent.mjs'

// The guest agent's protocol against a scripted peer. Guests with an agent are in snapshots.test.ts and snapshots-agent.test.ts.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-agent-'))
const file = path.join(folder, 'agent.sock')
let server: net.Server | undefined
afterEach(() => {
  server?.close()
  fs.rmSync(file, { force: true })
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

type Said = { execute: string; arguments?: { id: number } }
type Answer = (said: Said, socket: net.Socket) => string | null

const whole: Answer = ({ execute, arguments: given }) => {
  if (execute === 'guest-sync-delimited') return `\xff{"return": ${given?.id}}\n`
  return '{"return": 2}\n'
}

/** An agent with this answer. Returns the list of its commands, without synchronisations. */
async function agent(answer: Answer): Promise<string[]> {
  const asked: string[] = []
  server = net.createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const said: Said = JSON.parse(text.slice(0, end).replace('\xff', ''))
        text = text.slice(end + 1)
        if (said.execute !== 'guest-sync-delimited') asked.push(said.execute)
        const words = answer(said, socket)
        if (words !== null && !socket.destroyed) socket.write(Buffer.from(words, 'latin1'))
      }
    })
  })
  await once(server.listen(file), 'listening')
  return asked
}

/** Does some work with the file systems frozen. Resolves once they are thawed. */
async function frozen(work: () => Promise<void>, mostMs?: number): Promise<boolean> {
  let isThawed = () => {}
  const thawed = new Promise<void>((resolve) => {
    isThawed = resolve
  })
  const [settled] = await Promise.all([whileFrozen(file, work, () => isThawed(), mostMs), thawed])
  return settled
}

const freeze = 'guest-fsfreeze-freeze'
const thaw = 'guest-fsfreeze-thaw'

test('the file systems are frozen while the work runs, and thawed after it', async () => {
  const asked = await agent(whole)
  let before: string[] = []
  const settled = await frozen(async () => {
    before = [...asked]
  })
  expect([settled, before, asked]).toEqual([true, [freeze], [freeze, thaw]])
})

test('stale responses of the agent to another client are skipped', async () => {
  let isFirst = true
  await agent((said, socket) => {
    if (isFirst) socket.write(Buffer.from('{"return": 1}\n{"ret\xff{"return": 7}\n', 'latin1'))
    isFirst = false
    return whole(said, socket)
  })
  expect(await frozen(async () => {})).toBe(true)
})

test('work that does not end in time is not settled, and the file systems are thawed meanwhile', async () => {
  const asked = await agent(whole)
  expect(await frozen(() => new Promise(() => {}), 1_000)).toBe(false)
  expect(asked).toEqual([freeze, thaw])
})

test('work that fails is not settled, and the file systems are thawed', async () => {
  const asked = await agent(whole)
  expect(await frozen(() => Promise.reject(new Error('broken')))).toBe(false)
  expect(asked).toEqual([freeze, thaw])
})

test('after a freeze without an answer the work does not begin, and the guest is thawed all the same', async () => {
  const asked = await agent((said, socket) => (said.execute === freeze ? null : whole(said, socket)))
  const work = vi.fn(async () => {})
  expect(await frozen(work, 1_000)).toBe(false)
  expect(work).not.toHaveBeenCalled()
  expect(asked).toEqual([freeze, thaw])
})

test('if an agent refuses or has nothing to freeze, the work is not settled', async () => {
  await agent((said, socket) => (said.execute === freeze ? '{"error": {"desc": "no"}}\n' : whole(said, socket)))
  expect(await frozen(async () => {})).toBe(false)
  server?.close()
  fs.rmSync(file, { force: true })
  await agent((said, socket) => (said.execute === freeze ? '{"return": 0}\n' : whole(said, socket)))
  expect(await frozen(async () => {})).toBe(false)
})

test('a thaw that fails is tried again', async () => {
  let failures = 2
  const asked = await agent((said, socket) => {
    if (said.execute === thaw && failures-- > 0) return '{"error": {"desc": "busy"}}\n'
    return whole(said, socket)
  })
  expect(await frozen(async () => {})).toBe(true)
  expect(asked).toEqual([freeze, thaw, thaw, thaw])
})

test('if a guest floods the port, closes it or has none, the work is not settled', async () => {
  await agent(() => 'x'.repeat(100_000))
  expect(await frozen(async () => {})).toBe(false)
  server?.close()
  fs.rmSync(file, { force: true })
  await agent((_said, socket) => {
    socket.destroy()
    return null
  })
  expect(await frozen(async () => {})).toBe(false)
  server?.close()
  fs.rmSync(file, { force: true })
  expect(await frozen(async () => {})).toBe(false)
})
