import { expect, test } from 'vitest'
import { ticketMs, ticketPattern, ticketsMax, viewKinds } from './rules'

test('a ticket is exactly 43 characters of base64url', () => {
  const ticket = `aZ09_-${'x'.repeat(37)}`
  expect(ticketPattern.test(ticket)).toBe(true)
  for (const other of [ticket.slice(1), `${ticket}x`, `${ticket.slice(1)}+`, `${ticket.slice(1)}=`, `${ticket}\n`, ''])
    expect(ticketPattern.test(other), other).toBe(false)
})

test('a ticket is valid for half a minute, for a console or a screen, and a session may have 20', () => {
  expect([ticketMs, ticketsMax, viewKinds]).toEqual([30_000, 20, ['console', 'screen']])
})
