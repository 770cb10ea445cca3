import { afterEach, expect, test, vi } from 'vitest'
import { beginImport } from '@/lib/imports/writes'
import { account, region } from '@/lib/testing/builders'

// A hanging file system, such as one on the network, cannot be made here, so the query for its free space hangs.
const hangs = vi.hoisted(() => ({ room: false }))
vi.mock('@/lib/stores/room', async (load) => {
  const room = await load<typeof import('@/lib/stores/room')>()
  const freeIn: typeof room.freeIn = (place) => (hangs.room ? new Promise(() => {}) : room.freeIn(place))
  return { ...room, freeIn }
})
afterEach(() => {
  hangs.room = false
})

test('requests for space on a hanging file system are refused, and nobody else waits long for the space lock', async () => {
  const [here, owner, other] = [await region(), await account(), await account()]
  const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
  const begin = (who: typeof owner) => beginImport(who.ctx, input, { size: 1024, patienceMs: 60_000 })
  hangs.room = true
  const refused = begin(owner)
  expect(await refused).toEqual({ ok: false, refusal: { code: 'STORE_UNREACHABLE', region: here } })
  hangs.room = false
  expect(await begin(other)).toMatchObject({ ok: true })
})
