import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, held, image, quota, race, region, tally } from '@/lib/testing/builders'
import { beginImport } from './writes'

process.env.ECS_DATABASE_POOL = '20'

const importing = (region: string) => ({ region, name: 'web-01', operatingSystem: 'Debian 12' })

describe('an import', () => {
  it('takes its quota place before the first byte: with one place left, exactly 1 of 30 concurrent imports begins', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const ops = await account({ master: owner })
    await quota(owner, here, 3)
    await image(owner, here)
    await held(await image(await account(), here), owner)
    const results = await race(30, (index) => beginImport((index % 2 ? owner : ops).ctx, importing(here)))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_QUOTA_FULL: 29 })
    const refused = results.find((result) => !result.ok)
    expect(refused).toEqual({
      ok: false,
      refusal: { code: 'IMAGE_QUOTA_FULL', used: 3, quota: 3, asked: 1, region: here },
    })
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(2)
  })

  it('counts only images of its region, and no failed ones', async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    await quota(owner, here, 1)
    await image(owner, there)
    await image(owner, here, { state: 'failed' })
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
  })

  it('into a missing region is refused', async () => {
    const answer = await beginImport((await account()).ctx, importing('xx-nowhere'))
    expect(answer).toEqual({ ok: false, refusal: { code: 'REGION_NOT_FOUND' } })
  })
})
