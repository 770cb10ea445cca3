import type { APIRequestContext } from '@playwright/test'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { account, act, actionIds, expect, image, password, share, test, unique } from './fixtures'

const region = 'cn-shanghai'
const missingImage = 'img-0000000000'
const missingShare = 'shr-0000000000'
const missingInstance = 'ins-0000000000'
const missingGroup = 'grp-0000000000'
const missingSnapshot = 'snap-aaaaaaaaaa'

/** Operations on an instance that need only its id. instances.e2e.ts tries all of them on another tenant's instance. */
const ofInstances = [
  'startInstanceAction',
  'stopInstanceAction',
  'forceStopInstanceAction',
  'restartInstanceAction',
  'rebuildInstanceAction',
]

/** An owner whose image has two recipients, with everything that an action could name. */
async function lentImage() {
  const [owner, first, second, stranger] = [await account(), await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [first, second])
  const shares = await db().share.findMany({ where: { imageId: disk.id }, orderBy: { createdAt: 'asc' } })
  const shareOf = (recipient: { id: string }) => shares.find((row) => row.recipientId === recipient.id)?.id ?? ''
  const ofFirst = shareOf(first)
  return { owner, first, second, stranger, disk, ofFirst }
}

/** Inputs that would succeed for the owner, or for either side of a share. */
function inputs(imageId: string, shareId: string, username: string): Record<string, object> {
  return {
    shareImageAction: { region, imageId, usernames: [username], note: '' },
    shareImagesAction: { region, imageIds: [imageId], usernames: [username], note: '' },
    cancelShareAction: { shareId },
    cancelSharesAction: { shareIds: [shareId] },
    acceptShareAction: { shareId },
    declineShareAction: { shareId },
    extendSharesAction: { shareIds: [shareId], until: 'never' },
    setIncomingAction: { policy: 'ASK', blocked: username },
    protectImageAction: { region, imageId },
    unprotectImageAction: { region, imageId },
    deprecateImageAction: { region, imageId },
    undeprecateImageAction: { region, imageId },
    setImageTagsAction: { region, imageId, tags: 'taken=over' },
    markSharesSeenAction: { shareIds: [shareId] },
    markNoticesReadAction: { upTo: '1' },
    chooseNoticesAction: {},
    setWebhookAction: { url: 'https://hooks.example/taken' },
    removeWebhookAction: { url: 'https://hooks.example/taken' },
    resendDeliveryAction: { deliveryId: '1' },
    updateImageAction: { region, imageId, name: 'taken over', description: 'by somebody else' },
    deleteImageAction: { region, imageId, cancelShares: true, typedName: 'taken over' },
    deleteImagesAction: { region, imageIds: [imageId] },
    restoreImageAction: { region, imageId },
    purgeImageAction: { region, imageId },
    copyImageAction: { region, imageId, targetRegion: 'cn-shenzhen', name: 'taken away' },
    retryCopyAction: { region, imageId },
    makeCleanCopyAction: { region, imageId, name: 'cleaned away', findings: [], isReset: true },
    retryCleanCopyAction: { region, imageId },
    requestCheckAction: { region, imageId },
    ignoreFindingAction: { region, imageId, findingId: 'a', reason: 'It is mine to answer for.' },
    countFindingAction: { region, imageId, findingId: 'a' },
    showCheckAction: { region, imageId },
    cancelTransferAction: { region, imageId },
    emptyRecycleBinAction: { region, deletedUntil: new Date(0).toISOString() },
    createInstancesAction: { region, imageId, name: 'machine', typeId: 'ecs.t1.small', diskGib: 1 },
    ...Object.fromEntries(ofInstances.map((name) => [name, { region, instanceId: missingInstance }])),
    renameInstanceAction: { region, instanceId: missingInstance, name: 'taken over' },
    protectInstanceAction: { region, instanceId: missingInstance, isProtected: true },
    changeInstanceTypeAction: { region, instanceId: missingInstance, typeId: 'ecs.t1.small' },
    restoreInstanceAction: { region, instanceId: missingInstance, snapshotId: missingSnapshot },
    createSnapshotAction: { region, instanceId: missingInstance, name: 'taken', description: '' },
    createInstanceImageAction: { region, instanceId: missingInstance, name: 'taken' },
    createSnapshotImageAction: { region, snapshotId: missingSnapshot, name: 'taken' },
    deleteSnapshotAction: { region, snapshotId: missingSnapshot },
    terminateInstanceAction: { region, instanceId: missingInstance, typedName: 'taken over' },
    changePasswordAction: { currentPassword: password, newPassword: 'a password of somebody else' },
    createSubAccountAction: { login: 'ops', newPassword: 'a password of somebody else' },
    ...ofSubAccount('acc-0000000000'),
    createGroupAction: { name: 'Team East', usernames: username },
    ...ofGroup(missingGroup),
  }
}

/** Inputs of a sharer for its own group. */
function ofGroup(groupId: string): Record<string, object> {
  return {
    updateGroupAction: { groupId, name: 'taken over', usernames: 'nobody' },
    deleteGroupAction: { groupId },
  }
}

/** Inputs of a master account for its own sub-account. */
function ofSubAccount(accountId: string): Record<string, object> {
  return {
    disableSubAccountAction: { accountId },
    enableSubAccountAction: { accountId },
    resetSubAccountPasswordAction: { accountId, newPassword: 'a password of somebody else' },
    attachSubAccountPoliciesAction: { accountId, grants: ['Administrator'] },
  }
}

/** Operations on an own image without shares; an instance can also be created from a shared one. */
const ofImages = [
  'updateImageAction',
  'deleteImageAction',
  'protectImageAction',
  'unprotectImageAction',
  'deprecateImageAction',
  'undeprecateImageAction',
  'setImageTagsAction',
  'restoreImageAction',
  'purgeImageAction',
  'copyImageAction',
  'retryCopyAction',
  'makeCleanCopyAction',
  'retryCleanCopyAction',
  'cancelTransferAction',
  'requestCheckAction',
  'ignoreFindingAction',
  'countFindingAction',
]

async function refusalOf(client: APIRequestContext, name: string, input: unknown): Promise<string> {
  const answer = await act(client, name, input)
  return answer.ok ? 'done' : answer.refusal.code
}

test('every action refuses a visitor who is not signed in, and does nothing', async ({ requestAs }) => {
  const { disk, ofFirst, stranger, owner } = await lentImage()
  const visitor = await requestAs(null)
  const wanted = inputs(disk.id, ofFirst, stranger.username)
  expect(Object.keys(wanted).sort()).toEqual(Object.keys(actionIds()).sort())
  for (const [name, input] of Object.entries(wanted)) {
    expect.soft(await act(visitor, name, input), name).toEqual({ ok: false, refusal: { code: 'SIGNED_OUT' } })
  }
  expect(await db().share.count({ where: { imageId: disk.id, seenAt: null } })).toBe(2)
  expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ name: disk.name, ownerId: owner.id })
})

test('every action answers a stranger, a recipient and another master’s sub-account as if nothing existed', async ({
  requestAs,
}) => {
  const { owner, first, second, stranger, disk, ofFirst } = await lentImage()
  const othersSub = await account({ username: unique('ops'), master: stranger })
  const ownSub = await account({ username: unique('ops'), master: owner })
  const times = { createdAt: new Date(), updatedAt: new Date() }
  const group = { id: newId('grp'), ownerId: owner.id, name: 'Team East', usernames: [first.username] }
  await db().recipientGroup.create({ data: { ...group, ...times } })
  const [yours, missing] = [
    inputs(disk.id, ofFirst, stranger.username),
    inputs(missingImage, missingShare, stranger.username),
  ]
  for (const who of [stranger, othersSub, second]) {
    const client = await requestAs(who)
    const images = [
      ...ofImages,
      ...(who === second ? [] : ['shareImageAction', 'shareImagesAction', 'createInstancesAction']),
    ]
    for (const name of images) {
      expect.soft(await refusalOf(client, name, yours[name]), `${who.username} ${name}`).toBe('IMAGE_NOT_FOUND')
      expect.soft(await act(client, name, yours[name])).toEqual(await act(client, name, missing[name]))
    }
    const cancelled = await act(client, 'cancelShareAction', yours.cancelShareAction)
    expect.soft(cancelled, who.username).toEqual({ ok: false, refusal: { code: 'SHARE_NOT_FOUND' } })
    expect.soft(await act(client, 'cancelShareAction', missing.cancelShareAction)).toEqual(cancelled)
    const ended = await act(client, 'cancelSharesAction', yours.cancelSharesAction)
    expect.soft(ended, who.username).toEqual({ ok: false, refusal: { code: 'SHARES_ENDED', asked: 1, ended: 1 } })
    expect.soft(await act(client, 'cancelSharesAction', missing.cancelSharesAction)).toEqual(ended)
    for (const [name, input] of Object.entries(ofSubAccount(ownSub.id))) {
      const isMaster = who !== othersSub
      expect.soft(await refusalOf(client, name, input)).toBe(isMaster ? 'ACCOUNT_NOT_FOUND' : 'NOT_PERMITTED')
      expect.soft(await act(client, name, input)).toEqual(await act(client, name, missing[name]))
    }
    for (const [name, input] of Object.entries(ofGroup(group.id))) {
      expect.soft(await refusalOf(client, name, input)).toBe('GROUP_NOT_FOUND')
      expect.soft(await act(client, name, input)).toEqual(await act(client, name, missing[name]))
    }
    const seen = await act(client, 'markSharesSeenAction', yours.markSharesSeenAction)
    expect.soft(await act(client, 'markSharesSeenAction', missing.markSharesSeenAction)).toEqual(seen)
  }
  const asHolder = await requestAs(first)
  expect(await refusalOf(asHolder, 'shareImageAction', yours.shareImageAction)).toBe('RESHARE_FORBIDDEN')
  expect(await db().account.findUnique({ where: { id: ownSub.id } })).toMatchObject({ disabledAt: null })
  expect(await db().recipientGroup.findUnique({ where: { id: group.id } })).toMatchObject(group)
  expect(await db().share.count({ where: { imageId: disk.id, seenAt: null } })).toBe(2)
  expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ name: disk.name, ownerId: owner.id })
})

test("the region of the request must be the image's: another one is refused with the image’s own", async ({
  requestAs,
}) => {
  const { owner, disk, ofFirst, stranger } = await lentImage()
  const client = await requestAs(owner)
  const wanted = inputs(disk.id, ofFirst, stranger.username)
  for (const name of ['shareImageAction', 'createInstancesAction', ...ofImages]) {
    const input = { ...wanted[name], region: 'cn-shenzhen' }
    expect(await act(client, name, input)).toEqual({
      ok: false,
      refusal: { code: 'REGION_MISMATCH', imageId: disk.id, imageRegion: region, region: 'cn-shenzhen' },
    })
  }
})

test('a sub-account shares, changes and deletes for its own master', async ({ requestAs }) => {
  const { owner, disk, ofFirst, stranger } = await lentImage()
  const client = await requestAs(await account({ username: unique('ops'), master: owner }))
  const wanted = inputs(disk.id, ofFirst, stranger.username)
  const deleting = ['deleteImageAction', 'restoreImageAction', 'deleteImageAction', 'purgeImageAction']
  for (const name of ['shareImageAction', 'cancelShareAction', 'updateImageAction', ...deleting]) {
    expect(await refusalOf(client, name, wanted[name]), name).toBe('done')
  }
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(0)
})

test('an action that a page of another site sends is refused', async ({ requestAs }) => {
  const { owner, disk, ofFirst, stranger } = await lentImage()
  const client = await requestAs(owner)
  const wanted = inputs(disk.id, ofFirst, stranger.username)
  for (const [name, id] of Object.entries(actionIds())) {
    const headers = { 'next-action': id, 'content-type': 'text/plain;charset=UTF-8', origin: 'https://evil.example' }
    const response = await client.post('/account', { headers, data: JSON.stringify([wanted[name]]) })
    expect.soft(await response.text(), name).not.toContain('"ok":')
  }
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(2)
  expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ name: disk.name, state: 'available' })
})
