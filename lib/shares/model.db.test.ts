import fc from 'fast-check'
import { expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { db } from '@/lib/db/client'
import type { TestAccount } from '@/lib/testing/builders'
import { account, accounts, asked, image, minutes, noon, nth, quota, region, usedToday } from '@/lib/testing/builders'
import type { World } from '@/lib/testing/command'
import { Model } from '@/lib/testing/model'
import { anyStep, finish } from '@/lib/testing/steps'
import { shareImage } from './writes'

/**
 * Four masters, two sub-accounts, two regions with few places, one or two images each, and the first master close to every
 * limit: 18 recipients of an image, 198 shares of the day, 58 unknown usernames of the hour.
 */
async function world(others: TestAccount[]): Promise<{ model: Model; real: World }> {
  const regions = await Promise.all([region(), region()])
  const all = await accounts(4)
  const [first, second] = [nth(all, 0), nth(all, 1)]
  const who = new Map([...all, await account({ master: first }), await account({ master: second })].entries())
  const real = { who, regions }
  const model = new Model(noon.getTime(), 4)
  for (const [index, other] of others.entries()) who.set(20 + index, other)
  const beginnings = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [2, 0],
    [3, 0],
  ] as const
  const images = beginnings.map(async ([owner, where]) => {
    const id = await image(nth(all, owner), nth(regions, where), { state: 'importing' })
    await finish(nth(all, owner).ctx, nth(regions, where), id)
    return { id, owner, region: where, state: 'available' as const, shares: new Map() }
  })
  await Promise.all(all.flatMap((master) => regions.map((one) => quota(master, one, 4))))
  model.images.push(...(await Promise.all(images)))
  await usedToday(first, 180)
  const shared = await shareImage(first.ctx, asked(nth(regions, 0), nth(model.images, 0).id, ...others))
  if (!shared.ok) throw new Error(shared.refusal.code)
  const numbers = new Map(others.map((other, index) => [other.username, 20 + index]))
  for (const { id, username } of shared.value)
    nth(model.images, 0).shares.set(numbers.get(username) ?? 0, { id, isPending: false })
  model.days.set(`0 ${model.today()}`, 198)
  for (let name = 1000; name < 1058; name++) model.unknownOf(0).set(name, model.now - minutes(20))
  const lookups = [...model.unknownOf(0)].map(([name, at]) => ({
    accountId: first.id,
    username: `nobody-${name}`,
    at: new Date(at),
  }))
  await db().unknownLookup.createMany({ data: lookups })
  return { model, real }
}

test('answers and rows match a small model after each of thousands of random steps, and verify finds nothing', async () => {
  const others = await accounts(18)
  const known = new Set<string>()
  let steps = 0
  const everything = fc.asyncProperty(fc.commands(anyStep, { maxCommands: 100, size: 'max' }), async (commands) => {
    const made = await world(others)
    steps += [...commands].length
    await fc.asyncModelRun(() => made, commands)
    const found = (await verify()).filter(({ severity, id }) => severity === 'violation' && !known.has(id))
    // Do not count a finding again for the shorter sequences that fast-check tries next.
    for (const { id } of found) known.add(id)
    expect(found).toEqual([])
  })
  await fc.assert(everything, { numRuns: 40 })
  expect(steps).toBeGreaterThan(1500)
})
