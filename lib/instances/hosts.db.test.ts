import { afterEach, expect, test, vi } from 'vitest'
import { db } from '@/lib/db/client'
import { type HostReport, reportHost } from './writes-host'

afterEach(() => vi.useRealTimers())

test('a host whose clock is ahead is seen at no moment of its own clock', async () => {
  // All values that the column has had, in between too.
  await db().$executeRaw`CREATE TABLE seen (at timestamptz)`
  await db().$executeRaw`
    CREATE FUNCTION note_seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (NEW."seenAt"); RETURN NEW; END $$`
  await db().$executeRaw`
    CREATE TRIGGER note_seen AFTER INSERT OR UPDATE ON "MachineHost" FOR EACH ROW EXECUTE FUNCTION note_seen()`
  const report: HostReport = {
    ...{ id: 'host-ahead', vcpus: 2, memoryMib: 2_048, accelerator: 'emulation', canUefi: false },
    ...{
      isEmulationAllowed: true,
      version: '7.2.22',
      problem: null,
      cachedBytes: 0,
      network: null,
      networkProblem: null,
    },
  }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 75_000 })
  await reportHost(report)
  await reportHost({ ...report, vcpus: 4 })
  const [found] = await db().$queryRaw<{ ahead: bigint; times: bigint }[]>`
    SELECT count(*) FILTER (WHERE at > clock_timestamp()) AS ahead, count(*) AS times FROM seen`
  expect(found).toEqual({ ahead: 0n, times: 4n })
  expect(await db().machineHost.findUniqueOrThrow({ where: { id: report.id } })).toMatchObject({ vcpus: 4 })
})
