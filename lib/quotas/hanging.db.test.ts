import { afterEach, expect, test, vi } from 'vitest'
import { beginImport } from '@/lib/imports/writes'
import { account, region } from '@/lib/testing/builders'

// A file system that hangs, as one on the network does, cannot be made here, so the question about its room does.
const hangs = vi.hoisted(() => ({ room: false }))
vi.mock('@/lib/stores/room', async (load) => {
  const room = await load<typeof import('@/lib/stores/room')>()
  const freeIn: typeof room.freeIn = (place) => (hangs.room ? new Promise(() => {}) : room.freeIn(place))
  return { ...room, freeIn }
})
afterEach(() => {
  hangs.room = false
})

test('a file system that hangs refuses what asks for room there, and keeps nobody else waiting for the lock of all space', async () => {
  const [here, owner, other] = [await region(), await account(), await account()]
  const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
  const begin = (who: typeof owner) => beginImport(who.ctx, input, { size: 1024, patienceMs: 60_000 })
  hangs.room = true
  const refused = begin(owner)
  expect(await refused).toEqual({ ok: false, refusal: { code: 'STORE_UNREACHABLE', region: here } })
  hangs.room = false
  expect(await begin(other)).toMatchObject({ ok: true })
})
