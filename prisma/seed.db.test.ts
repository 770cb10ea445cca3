import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { makeCheckpoints } from '@/lib/audit/writes'
import { verifyPassword } from '@/lib/auth/password'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { seed } from './seed'

// The demo data, made as at the first start with an embedded database.

beforeAll(seed)

test('its accounts have the password of demo.json, and their images are available and checked', async () => {
  const { password, accounts } = JSON.parse(await readFile(path.join(env().ECS_DATA_DIR, 'demo.json'), 'utf8'))
  expect(accounts.slice(0, 2)).toEqual(['harbour', 'lantern'])
  const { passwordHash } = await db().account.findUniqueOrThrow({ where: { username: 'harbour' } })
  expect(await verifyPassword(passwordHash, password)).toBe('right')
  const images = await db().image.findMany({ select: { state: true, sha256: true } })
  expect(new Set(images.map(({ state }) => state))).toEqual(new Set(['available']))
  const checks = await db().check.findMany({ select: { state: true } })
  expect(checks.length).toBeGreaterThan(0)
  expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(['clean']))
  expect(await verify()).toEqual([])
})

test('leaves the worker no checkpoint to make, whose lines in the log would push the welcome off the screen', async () => {
  const made = []
  for await (const checkpoint of makeCheckpoints(new Date())) made.push(checkpoint)
  expect(made).toEqual([])
})

test('is made once', async () => {
  const before = await db().account.count()
  await seed()
  expect(await db().account.count()).toBe(before)
})
