import { meterRuns } from '@/lib/billing/writes'
import { db } from '@/lib/db/client'
import { seedInstanceTypes } from '@/lib/instance-types/writes'
import { type Findings, median } from './figures'
import { type Place, tell } from './place'
import { issuedBy } from './share-statements'

const instances = 10_000
const secondsMax = 2
const hours = 5
const regionId = 'cn-metered'

/** The time and number of statements to meter an hour of 10,000 running instances. */
export async function measureMetering(_place: Place): Promise<Findings> {
  tell(`Metering: ${instances} instances run for ${hours} hours …`)
  await makeInstances()
  const [seconds, statements]: [number[], number[]] = [[], []]
  for (let hour = 0; hour < hours; hour++) {
    await db().$executeRaw`
      UPDATE "InstanceRun" SET "to" = "from" + ${hour} * interval '1 hour' + interval '1 minute'
      WHERE "instanceId" IN (SELECT id FROM "Instance" WHERE "regionId" = ${regionId})`
    await db().$executeRaw`VACUUM "InstanceRun"`
    const issued = await issuedBy(async () => {
      const began = performance.now()
      const metered = await meterRuns()
      seconds.push((performance.now() - began) / 1_000)
      if (metered !== instances) throw new Error(`${metered} runs were metered instead of ${instances}.`)
    })
    statements.push(issued.length)
  }
  const lines = await db().ledgerEntry.count({ where: { regionId } })
  if (lines !== instances * hours) throw new Error(`${lines} lines are there instead of ${instances * hours}.`)
  const figure = { section: 'bill', aim: { of: 'value', bound: 'at most', number: secondsMax } } as const
  return {
    figures: [
      { ...figure, name: `${instances} instances' hour metered`, value: median(seconds), unit: 's' },
      {
        ...figure,
        name: 'statements for that',
        value: Math.max(...statements),
        unit: '',
        aim: { ...figure.aim, number: 1 },
      },
    ],
    notes: [],
  }
}

async function makeInstances(): Promise<void> {
  await seedInstanceTypes(new Date())
  await db().$executeRaw`INSERT INTO "Region" (id, name, "createdAt") VALUES ('cn-metered', 'Metered', now())`
  await db().$executeRaw`
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
    SELECT 'acc-metered' || n, 'metered-' || n, 'MASTER', 'Metered', '', '-', now() FROM generate_series(1, 100) n`
  await db().$executeRaw`
    INSERT INTO "Blob" (id, "regionId", sha256, size, format, "virtualSize", state, "createdAt", "updatedAt")
    VALUES ('blb-metered', 'cn-metered', 'metered', 1, 'qcow2', 1, 'ready', now(), now())`
  await db().$executeRaw`
    INSERT INTO "MachineHost" (id, vcpus, "memoryMib", "canUefi", "isEmulationAllowed", version, "seenAt")
    VALUES ('metered', 1, 1, false, true, '', now())`
  await db().$executeRaw`
    INSERT INTO "Instance" (id, "ownerId", "createdById", "regionId", name, state, "imageId", "imageName", "imageOwnerId",
      "imageOwnerName", "operatingSystem", "bootMode", "typeId", "diskBytes", "blobId", build, "hostId", "createdAt", "updatedAt")
    SELECT 'ins-' || md5(n::text), 'acc-metered' || 1 + n % 100, 'acc-metered' || 1 + n % 100, 'cn-metered', 'web-' || n, 'running',
      'img-metered', 'base', 'acc-metered1', 'metered-1', 'Debian 12', 'BIOS',
      (ARRAY['ecs.t1.micro', 'ecs.t1.small', 'ecs.s1.medium'])[1 + n % 3], 1073741824, 'blb-metered', '', 'metered', now(), now()
    FROM generate_series(1, ${instances}) n`
  await db().$executeRaw`
    INSERT INTO "InstanceRun" ("instanceId", "from", "to", "isOpen", "typeId")
    SELECT id, timestamptz '2026-03-10 10:15:00Z', timestamptz '2026-03-10 10:16:00Z', true, "typeId"
    FROM "Instance" WHERE "regionId" = ${regionId}`
  await db().$executeRaw`VACUUM ANALYZE "Instance", "InstanceRun"`
}
