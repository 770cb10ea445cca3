import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { getIncoming } from '@/lib/accounts/reads'
import type { SessionContext } from '@/lib/context'
import { db } from '@/lib/db/client'
import { findSeenImage, getImage } from '@/lib/images/reads'
import { updateImage } from '@/lib/images/writes'
import { listImportStates } from '@/lib/imports/reads'
import { findAskedImage } from '@/lib/instances/reads-images'
import { type Grant, type Permission, type PolicyName, policyNames } from '@/lib/permissions'
import type { ActionResult } from '@/lib/result'
import { findSession } from '@/lib/sessions/reads'
import { listEndedShares } from '@/lib/shares/reads-ended'
import { cancelShare } from '@/lib/shares/writes-end'
import { markSharesSeen } from '@/lib/shares/writes-seen'
import { account, held, image, later, noon, region, type TestAccount, tally } from '@/lib/testing/builders'

// Every action with every policy, through the real seam and database. Actions are found in the code, so a new one is in the
// matrix at once, and fails until the table below says who may do it.
const session = vi.hoisted(() => ({ current: null as SessionContext | null }))
vi.mock('@/lib/context', () => ({ currentContext: async () => session.current }))
vi.mock('next/navigation', () => ({ unstable_rethrow: () => {} }))
// Outside Next.js no page is refreshed.
vi.mock('next/cache', () => ({ refresh: () => {} }))
vi.mock('next/headers', () => ({ headers: async () => new Headers() }))

type Door = (input: unknown) => Promise<ActionResult<unknown>>
const modules = import.meta.glob<Record<string, Door>>('./*/actions.ts')

/** The policies that an action needs, all of them, besides Administrator. `signed-in`: none. */
const expected: Record<string, PolicyName[] | 'signed-in' | 'master'> = {
  // What these need depends on the share: the permission to give or to receive, in its region.
  acceptShareAction: 'signed-in',
  cancelShareAction: 'signed-in',
  cancelSharesAction: 'signed-in',
  cancelTransferAction: ['ImagesFull'],
  chooseNoticesAction: 'signed-in',
  changeInstanceTypeAction: ['InstancesFull'],
  changePasswordAction: 'signed-in',
  copyImageAction: ['ImagesFull'],
  createSubAccountAction: 'master',
  disableSubAccountAction: 'master',
  enableSubAccountAction: 'master',
  resetSubAccountPasswordAction: 'master',
  attachSubAccountPoliciesAction: 'master',
  declineShareAction: 'signed-in',
  createGroupAction: ['Sharing'],
  updateGroupAction: ['Sharing'],
  deleteGroupAction: ['Sharing'],
  extendSharesAction: 'signed-in',
  countFindingAction: ['ImagesFull'],
  createInstanceImageAction: ['InstancesFull', 'ImagesFull'],
  createInstancesAction: ['InstancesFull'],
  createSnapshotAction: ['InstancesFull'],
  createSnapshotImageAction: ['InstancesFull', 'ImagesFull'],
  deleteImageAction: ['ImagesFull', 'Sharing'],
  deleteImagesAction: ['ImagesFull'],
  deprecateImageAction: ['ImagesFull'],
  undeprecateImageAction: ['ImagesFull'],
  setImageTagsAction: ['ImagesFull'],
  deleteSnapshotAction: ['InstancesFull'],
  emptyRecycleBinAction: ['ImagesFull'],
  forceStopInstanceAction: ['InstancesFull'],
  ignoreFindingAction: ['ImagesFull'],
  markNoticesReadAction: 'signed-in',
  // Only masters, whatever the policies of a sub-account: see lib/tasks/send-webhook.db.test.ts.
  setWebhookAction: 'signed-in',
  removeWebhookAction: 'signed-in',
  resendDeliveryAction: 'signed-in',
  makeCleanCopyAction: ['ImagesFull'],
  retryCleanCopyAction: ['ImagesFull'],
  protectImageAction: ['ImagesFull'],
  unprotectImageAction: ['ImagesFull'],
  protectInstanceAction: ['InstancesFull'],
  purgeImageAction: ['ImagesFull'],
  rebuildInstanceAction: ['InstancesFull'],
  renameInstanceAction: ['InstancesFull'],
  requestCheckAction: ['ImagesFull'],
  restartInstanceAction: ['InstancesFull'],
  restoreImageAction: ['ImagesFull'],
  restoreInstanceAction: ['InstancesFull'],
  retryCopyAction: ['ImagesFull'],
  setIncomingAction: ['Incoming'],
  shareImageAction: ['Sharing'],
  shareImagesAction: ['Sharing'],
  startInstanceAction: ['InstancesFull'],
  stopInstanceAction: ['InstancesFull'],
  terminateInstanceAction: ['InstancesFull'],
  updateImageAction: ['ImagesFull'],
}
/** Seeing images is part of every policy about images. */
const seen: Record<string, PolicyName[]> = {
  // It changes nothing: it refreshes the page that shows the check.
  showCheckAction: ['ImagesReadOnly', 'ImagesFull', 'Sharing', 'Incoming', 'InstancesFull'],
  markSharesSeenAction: ['ImagesReadOnly', 'ImagesFull', 'Sharing', 'Incoming', 'InstancesFull'],
}

/** A valid value for each field of the actions. Nothing that it names exists. */
const anything = (here: string, there: string) => ({
  region: here,
  targetRegion: there,
  imageId: 'img-0000000000',
  instanceId: 'ins-0000000000',
  snapshotId: 'snap-0000000000',
  shareId: 'shr-0000000000',
  shareIds: ['shr-0000000000'],
  imageIds: ['img-0000000000'],
  policy: 'ALL',
  allowed: '',
  blocked: '',
  until: 'never',
  findingId: 'abc',
  reason: 'A reason that is long enough.',
  usernames: ['nobody'],
  note: '',
  name: 'web',
  description: '',
  operatingSystem: 'Debian 12',
  typedName: 'web',
  cancelShares: true,
  isProtected: true,
  typeId: 'small',
  diskGib: 10,
  count: 1,
  deletedUntil: noon.toISOString(),
  currentPassword: 'correct horse',
  newPassword: 'battery staple',
  id: '1',
  accountId: 'acc-0000000000',
  groupId: 'grp-0000000000',
  tags: 'env=prod',
  login: 'ops',
})

test('every action is refused without its policies, naming the missing one, and reaches its operation with them', async () => {
  const [master, here, there] = [await account(), await region(), await region()]
  const wrong: string[] = []
  for (const load of Object.values(modules)) {
    for (const [name, action] of Object.entries(await load())) {
      const needed = expected[name]
      if (needed === undefined && seen[name] === undefined) wrong.push(`${name}: say in this test who may do it`)
      for (const policy of policyNames) {
        const sub = await account({ master, grants: [{ policy, regions: null }] })
        session.current = { ...sub.ctx, sessionId: 'none' }
        const answer = await action(anything(here, there))
        const refusal = answer.ok ? null : answer.refusal
        const refused = refusal?.code === 'NOT_PERMITTED' ? (refusal.policy ?? 'master') : null
        if (needed === 'master') {
          if (refused !== 'master') wrong.push(`${name} × ${policy}: ${refused}, not the master’s alone`)
          continue
        }
        const missing =
          policy === 'Administrator' || needed === 'signed-in'
            ? null
            : needed
              ? (needed.find((one) => one !== policy) ?? null)
              : seen[name]?.includes(policy)
                ? null
                : 'ImagesReadOnly'
        const isRight =
          missing === null
            ? refused === null
            : refused !== null && (refused === missing || refused === 'ImagesReadOnly')
        if (!isRight) wrong.push(`${name} × ${policy}: ${refused}, not ${missing}`)
        if (policy !== 'Administrator' && needed !== 'signed-in' && refusal?.code === 'INVALID_INPUT')
          wrong.push(`${name}: the input of this test lacks ${refusal.field}`)
      }
    }
  }
  expect([...new Set(wrong)]).toEqual([])
})

test.each<['sharer' | 'recipient', PolicyName, Permission]>([
  ['sharer', 'Sharing', 'shares.give'],
  ['recipient', 'Incoming', 'shares.receive'],
])('the sub-account of a %s needs %s to cancel a share', async (side, policy) => {
  const { cancelShareAction, cancelSharesAction } = await import('@/lib/shares/actions')
  const [owner, recipient, here] = [await account(), await account(), await region()]
  const shareId = await held(await image(owner, here), recipient)
  const master = side === 'sharer' ? owner : recipient
  for (const other of policyNames.filter((name) => name !== policy && name !== 'Administrator')) {
    session.current = { ...(await account({ master, grants: [{ policy: other, regions: null }] })).ctx, sessionId: '-' }
    const answer = await cancelShareAction({ shareId })
    const refused = { ok: false, refusal: { code: 'NOT_PERMITTED', policy, region: here } }
    expect(answer).toEqual(refused)
    expect(await cancelSharesAction({ shareIds: [shareId] })).toEqual(refused)
  }
  session.current = { ...(await account({ master, grants: [{ policy, regions: [here] }] })).ctx, sessionId: '-' }
  expect((await cancelShareAction({ shareId })).ok).toBe(true)
})

const only = (policy: PolicyName, ...regions: string[]): Grant => ({ policy, regions })

test("a copy needs the download permission in the image's region: seeing the image is not enough", async () => {
  const { copyImageAction, retryCopyAction } = await import('@/lib/copies/actions')
  const [master, here, there] = [await account(), await region(), await region()]
  const imageId = await image(master, here)
  const copy = { region: here, imageId, targetRegion: there, name: 'copy-01' }
  const failed = await image(master, there, { state: 'failed' })
  const data = { source: 'COPY', copyOfId: imageId, copyOfRegionId: here, failure: { code: 'COPY_FAULT' } } as const
  await db().image.update({ where: { id: failed }, data })
  const as = async (...grants: Grant[]) => {
    session.current = { ...(await account({ master, grants })).ctx, sessionId: '-' }
  }
  await as(only('ImagesReadOnly', here), only('ImagesFull', there))
  const refused = { ok: false, refusal: { code: 'NOT_PERMITTED', policy: 'ImagesFull', region: here } }
  expect(await copyImageAction(copy)).toEqual(refused)
  expect(await retryCopyAction({ region: there, imageId: failed })).toEqual(refused)
  // Only the refusal is recorded.
  expect(await db().event.count({ where: { ownerId: master.id, action: { not: 'operation.refuse' } } })).toBe(0)
  await as(only('ImagesFull', here, there))
  expect((await copyImageAction(copy)).ok).toBe(true)
  expect((await retryCopyAction({ region: there, imageId: failed })).ok).toBe(true)
})

test('the settings of incoming images belong to the whole tenant: the policy Incoming for single regions does not suffice', async () => {
  const { setIncomingAction } = await import('@/lib/accounts/actions')
  const [master, here] = [await account(), await region()]
  const as = async (grant: Grant) => {
    session.current = { ...(await account({ master, grants: [grant] })).ctx, sessionId: '-' }
    return await setIncomingAction({ policy: 'NAMED', allowed: '', blocked: '' })
  }
  expect(await as(only('Incoming', here))).toEqual({
    ok: false,
    refusal: { code: 'NOT_PERMITTED', policy: 'Incoming', region: null },
  })
  expect((await getIncoming(master.ctx)).policy).toBe('ALL')
  expect((await as({ policy: 'Incoming', regions: null })).ok).toBe(true)
})

test('a read without a region reveals nothing of regions where the account may not see images', async () => {
  const [master, recipient, here, there] = [await account(), await account(), await region(), await region()]
  const [mine, theirs] = [await image(master, there), await image(recipient, there)]
  const [given, over] = [await held(mine, recipient), await held(theirs, master)]
  await db().share.update({ where: { id: over }, data: { expiresAt: new Date(Date.now() - 1) } })
  expect((await cancelShare(master.ctx, { shareId: given })).ok).toBe(true)
  const fresh = await held(await image(recipient, there), master)
  const reads = async ({ ctx }: TestAccount) => {
    await markSharesSeen(ctx, { shareIds: [fresh] })
    return {
      asked: await findAskedImage(ctx, { region: here, imageId: mine }),
      details: await getImage(ctx, { region: here, imageId: mine, before: undefined }),
      title: await findSeenImage(ctx, mine),
      states: (await listImportStates(ctx, { ids: [mine] })).items.length,
      ended: (await listEndedShares(ctx, { shareIds: [given, over] })).length,
      isSeen: (await db().share.findUniqueOrThrow({ where: { id: fresh } })).seenAt !== null,
      mismatch: tally([await updateImage(ctx, { region: here, imageId: mine, name: 'x', description: '' })]),
    }
  }
  const nothing = { asked: null, details: null, title: null, states: 0, ended: 0, isSeen: false }
  const sub = await account({ master, grants: [only('ImagesFull', here)] })
  expect(await reads(sub)).toEqual({ ...nothing, mismatch: { IMAGE_NOT_FOUND: 1 } })
  expect(await reads(await account({ master, grants: [only('ImagesReadOnly', here, there)] }))).toMatchObject({
    ...{ asked: { view: 'elsewhere' }, details: { view: 'elsewhere' }, title: { isOwn: true } },
    ...{ states: 1, ended: 2, isSeen: true, mismatch: { REGION_MISMATCH: 1 } },
  })
})

test('a session is read with its current policies: a policy detached a moment ago no longer counts', async () => {
  const [master, here] = [await account(), await region()]
  const sub = await account({ master, grants: [{ policy: 'Sharing', regions: [here] }] })
  const id = crypto.randomUUID()
  await db().session.create({ data: { id, accountId: sub.id, createdAt: noon, expiresAt: later(60_000) } })
  expect((await findSession(id, noon))?.viewer.rights).toEqual([{ policy: 'Sharing', regions: [here] }])
  await db().attachedPolicy.deleteMany({ where: { accountId: sub.id } })
  expect((await findSession(id, noon))?.viewer.rights).toEqual([])
})

test('code that reads the signed-in account itself also checks its permission', async () => {
  const { execFileSync } = await import('node:child_process')
  const root = path.resolve(import.meta.dirname, '..')
  const found = execFileSync(
    'git',
    ['grep', '-lE', 'await currentContext\\(|await currentSession\\(', '--', 'app', 'lib'],
    {
      cwd: root,
    },
  )
  const asks = execFileSync('git', ['grep', '-lE', 'refuseUnpermitted|\\bmay\\(', '--', 'app', 'lib'], { cwd: root })
  const asking = asks.toString().split('\n')
  // The shell, pages for visitors who are not signed in, and what belongs to the person and not to the tenant.
  const free = [
    'app/api/changes/route.ts',
    'app/(console)/layout.tsx',
    'app/sign-in/page.tsx',
    'app/preferences/page.tsx',
    'app/api/auth/[...nextauth]/route.ts',
    'app/(console)/[region]/instances/[instanceId]/layout.tsx',
    'lib/viewers/bytes.ts',
    'lib/bench/working-copy.ts',
  ]
  const files = found
    .toString()
    .split('\n')
    .filter((file) => file && !/\.test\.ts$/.test(file))
  expect(files.filter((file) => !asking.includes(file) && !free.includes(file))).toEqual([])
})
