import { mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { seedInstanceTypes } from '@/lib/instance-types/writes'
import { listInstances } from '@/lib/instances/reads'
import { instanceListParams } from '@/lib/instances/schema'
import { type Findings, median } from './figures'
import { type Place, tell } from './place'

const sizes = { few: 100, many: 10_000 }
const flat = 1.5
const regionId = 'cn-listed'

/** The list of an owner of 10,000 instances, compared with that of an owner of 100 in the same table. */
export async function measureInstanceLists({ sizes: { requests, rounds } }: Place): Promise<Findings> {
  tell(`Instances: a list of ${sizes.many} …`)
  await makeInstances()
  const list = instanceListParams.parse({ region: regionId })
  const ask = async (owner: string) => {
    const account = await db().account.findUniqueOrThrow({ where: { id: owner }, include: { master: true } })
    const ctx = { viewer: mintViewer(account), now: new Date(), address: null }
    const times: number[] = []
    for (let count = 0; count < requests; count++) {
      const began = performance.now()
      await listInstances(ctx, list)
      times.push(performance.now() - began)
    }
    return median(times)
  }
  const [few, many]: [number[], number[]] = [[], []]
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await ask('acc-few'), await ask('acc-many')]
    if (round > 0) {
      few.push(one)
      many.push(other)
    }
  }
  return {
    figures: [
      {
        ...{ section: 'instances', name: `a page of the list of ${sizes.many} instances`, unit: 'ms' },
        ...{ value: median(many), limit: { value: median(few), of: `of ${sizes.few}` } },
        aim: { of: 'ratio', bound: 'at most', number: flat },
      },
    ],
    notes: [],
  }
}

async function makeInstances(): Promise<void> {
  await seedInstanceTypes(new Date())
  await db().$executeRaw`INSERT INTO "Region" (id, name, "createdAt") VALUES (${regionId}, 'Listed', now())`
  await db().$executeRaw`
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt")
    SELECT 'acc-' || who, who, 'MASTER', '', '', '-', now() FROM unnest(ARRAY['few', 'many']) who`
  await db().$executeRaw`
    INSERT INTO "Blob" (id, "regionId", sha256, size, format, "virtualSize", state, "createdAt", "updatedAt")
    VALUES ('blb-listed', ${regionId}, 'listed', 1, 'qcow2', 1, 'ready', now(), now())`
  await db().$executeRaw`
    INSERT INTO "MachineHost" (id, vcpus, "memoryMib", "canUefi", "isEmulationAllowed", version, "seenAt")
    VALUES ('listed', 1, 1, false, true, '', timestamptz '2026-01-01')`
  for (const [who, count] of Object.entries(sizes))
    await db().$executeRaw`
      INSERT INTO "Instance" (id, "ownerId", "createdById", "regionId", name, state, "imageId", "imageName", "imageOwnerId",
        "imageOwnerName", "operatingSystem", "bootMode", "typeId", "diskBytes", "blobId", build, "hostId", "createdAt", "updatedAt")
      SELECT 'ins-' || md5(${who} || n), 'acc-' || ${who}, 'acc-' || ${who}, ${regionId}, 'web-' || n,
        (ARRAY['running', 'stopped'])[1 + n % 2]::"InstanceState", 'img-listed', 'base', 'acc-few', 'few', 'Debian 12', 'BIOS',
        'ecs.t1.micro', 1073741824, 'blb-listed', '', 'listed', now() - n * interval '1 minute', now()
      FROM generate_series(1, ${count}) n`
  await db().$executeRaw`VACUUM ANALYZE "Instance"`
}
