import { listAudit } from '@/lib/audit/reads'
import { verifyChain } from '@/lib/audit/reads-verify'
import { auditParams } from '@/lib/audit/schema'
import { mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { makeTrail } from './audit-trail'
import { type Findings, median } from './figures'
import { type Place, tell } from './place'
import { makeRegion, spreadTasks } from './share-tasks'
import { pace, share } from './shares'

const [pageSecondsMax, verifySecondsMax] = [2, 60]

/** The cost of a share with its chain and notices, and of reading and verifying a trail of 1,000,000 entries. */
export async function measureAudit(place: Place): Promise<Findings> {
  const shares = await compareShares(place)
  const trail = await measureTrail(place)
  await db().$disconnect()
  return { figures: [...shares.figures, ...trail.figures], notes: [] }
}

async function compareShares({ sizes }: Place): Promise<Findings> {
  await makeRegion()
  tell(`Shares with and without chain and notices: ${sizes.rounds} rounds of ${sizes.shares} …`)
  const round = async (triggers: 'ENABLE' | 'DISABLE', count = sizes.shares) => {
    for (const trigger of ['Event_extends_audit', 'Event_writes_notices'])
      await db().$executeRawUnsafe(`ALTER TABLE "Event" ${triggers} TRIGGER "${trigger}"`)
    return (await pace(await spreadTasks(count), share)).perSecond
  }
  // A warm-up, which does not count.
  await round('ENABLE', Math.ceil(sizes.shares / 4))
  const [having, lacking]: [number[], number[]] = [[], []]
  for (let count = 0; count < sizes.rounds; count++) {
    lacking.push(await round('DISABLE'))
    having.push(await round('ENABLE'))
  }
  return {
    figures: [
      {
        section: 'audit',
        name: 'shares with chain and notices',
        value: median(having),
        unit: '/s',
        limit: { value: median(lacking), of: 'without' },
        aim: { of: 'ratio', bound: 'at least', number: 0.8 },
      },
    ],
    notes: [],
  }
}

async function measureTrail(place: Place): Promise<Findings> {
  const entries = place.sizes.images
  const owner = { id: 'acc-audited00', username: 'audited' }
  tell(`A trail of ${entries} entries …`)
  await db().$executeRaw`
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
    VALUES (${owner.id}, ${owner.username}, 'MASTER', '', '', '-', now())`
  await makeTrail(place, owner, entries)
  const viewer = mintViewer({ ...owner, kind: 'MASTER', displayName: '', master: null })
  const ctx = { viewer, now: new Date(), address: null }
  const seconds = async (work: () => Promise<unknown>) => {
    const began = performance.now()
    await work()
    return (performance.now() - began) / 1_000
  }
  const figure = {
    section: 'audit',
    unit: 's',
    aim: { of: 'value', bound: 'at most', number: pageSecondsMax },
  } as const
  const pages = { newest: {}, 'of a day': { from: '2026-01-02', until: '2026-01-02' }, 'of a name': { q: 'disk 999' } }
  const figures = []
  for (const [name, asked] of Object.entries({ ...pages, 'that nothing matches': { q: 'nothing' } }))
    figures.push({
      ...figure,
      name: `page ${name}`,
      value: await seconds(() => listAudit(ctx, auditParams.parse(asked))),
    })
  const verified = await seconds(async () => {
    const chain = await verifyChain(owner.id)
    if (chain.fault || chain.entries !== entries)
      throw new Error(`The trail of the benchmark is ${JSON.stringify(chain)}.`)
  })
  return {
    figures: [
      ...figures,
      { ...figure, name: 'verified', value: verified, aim: { ...figure.aim, number: verifySecondsMax } },
    ],
    notes: [],
  }
}
