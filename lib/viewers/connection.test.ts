import { afterEach, expect, test, vi } from 'vitest'
import { ticketMs } from '@/lib/tickets/rules'
import { ViewConnection, type ViewState } from './connection'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('while all tickets of a session are unused, it retries until the oldest has expired', async () => {
  vi.useFakeTimers()
  const began = Date.now()
  const sockets: string[] = []
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('removeEventListener', () => {})
  vi.stubGlobal('document', { querySelector: () => null })
  vi.stubGlobal('location', { protocol: 'http:', host: 'console.example' })
  vi.stubGlobal(
    'WebSocket',
    class extends EventTarget {
      close() {}
      constructor(url: string) {
        super()
        sockets.push(url)
      }
    },
  )
  vi.stubGlobal('fetch', async () =>
    Date.now() - began < ticketMs
      ? Response.json({ refusal: { code: 'VIEWS_FULL', max: 20 } }, { status: 429 })
      : Response.json({ ticket: 'ticket' }),
  )
  const states: ViewState[] = []
  const view = new ViewConnection({
    ticketUrl: () => '/api/tickets',
    onOpen: () => {},
    onState: (state) => states.push(state),
  })
  view.connect()
  await vi.advanceTimersByTimeAsync(2 * ticketMs)
  view.close()
  expect(sockets).toEqual(['ws://console.example/api/socket'])
  expect(states.map(({ phase }) => phase)).not.toContain('stopped')
})
