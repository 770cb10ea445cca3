import { z } from 'zod'
import type { BootModeName } from '@/lib/disks/layout'
import {
  amount,
  cursor,
  eventBefore,
  flag,
  imageId,
  instanceId,
  pageSize,
  regionId,
  searchText,
  snapshotId,
  text,
} from '@/lib/fields'
import { type ImageStateName, imageNameMax } from '@/lib/images/rules'
import { type Deprecation, imageName } from '@/lib/images/schema'
import type { PageRange } from '@/lib/pages'
import type { Meter } from '@/lib/quotas/schema'
import {
  countMax,
  diskGibMax,
  type HostView,
  hostNameMax,
  type InstanceStateName,
  type InstanceTaskName,
  instanceStates,
  isReasonCode,
  type ReasonCode,
  sshKeyMax,
  userDataMax,
} from './rules'

const instanceName = imageName

const typeId = z.string('invalid').regex(/^[a-z][a-z0-9.-]{1,63}$/, 'invalid')
const nothing = (typed: string) => (typed === '' ? null : typed)

/** RFC 1123: letters, digits and hyphens between them. */
const hostName = text(hostNameMax)
  .transform((typed) => nothing(typed.trim().toLowerCase()))
  .pipe(
    z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'characters')
      .nullable(),
  )

/** A public key as `ssh-keygen` writes it: type, base64, and an optional comment, on one line. */
const sshKey = text(sshKeyMax)
  .transform((typed) => nothing(typed.trim()))
  .pipe(
    z
      .string()
      .regex(
        /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}( [\P{Cc}]*)?$/u,
        'format',
      )
      .nullable(),
  )

const userData = text(userDataMax)
  .transform((typed) => nothing(typed.replace(/\r\n?/g, '\n').trimEnd()))
  .pipe(
    z
      .string()
      // Only visible characters, tabs and line breaks.
      .refine((value) => !/[\p{Cc}]/u.test(value.replace(/[\n\t]/g, '')), 'characters')
      .refine((value) => new TextEncoder().encode(value).length <= userDataMax, 'too-long')
      .nullable(),
  )

export const createInstancesInput = z.object({
  region: regionId,
  imageId,
  name: instanceName,
  typeId,
  diskGib: amount(diskGibMax).pipe(z.number('required')),
  count: amount(countMax).pipe(z.number('required')).default(1),
  hostName: hostName.default(null),
  sshKey: sshKey.default(null),
  userData: userData.default(null),
})
export type CreateInstancesInput = z.infer<typeof createInstancesInput>

export const createdInstances = z.object({ region: regionId, instanceIds: z.array(instanceId) })
export type CreatedInstances = z.infer<typeof createdInstances>

export const instanceInput = z.object({ region: regionId, instanceId })
export type InstanceInput = z.infer<typeof instanceInput>

export const renameInstanceInput = instanceInput.extend({ name: instanceName })
export type RenameInstanceInput = z.infer<typeof renameInstanceInput>

export const protectInstanceInput = instanceInput.extend({ isProtected: flag })
export type ProtectInstanceInput = z.infer<typeof protectInstanceInput>

export const changeInstanceTypeInput = instanceInput.extend({ typeId })
export type ChangeInstanceTypeInput = z.infer<typeof changeInstanceTypeInput>

export const restoreInstanceInput = instanceInput.extend({ snapshotId })
export type RestoreInstanceInput = z.infer<typeof restoreInstanceInput>

export const terminateInstanceInput = instanceInput.extend({ typedName: text(4 * imageNameMax) })
export type TerminateInstanceInput = z.infer<typeof terminateInstanceInput>

export const instanceSorts = ['name', '-name', 'createdAt', '-createdAt'] as const
export type InstanceSort = (typeof instanceSorts)[number]

export const instanceListParams = z.object({
  region: regionId.catch(''),
  q: searchText(128).catch(''),
  state: z.enum(instanceStates).optional().catch(undefined),
  sort: z.enum(instanceSorts).catch('-createdAt'),
  size: pageSize,
  after: cursor,
  before: cursor,
})
export type InstanceListParams = z.infer<typeof instanceListParams>

export const instanceHistoryParams = instanceInput.extend({ before: eventBefore })
export type InstanceHistoryParams = z.infer<typeof instanceHistoryParams>

export const createInstancePageParams = z.object({
  region: regionId,
  image: imageId.optional().catch(undefined),
  q: searchText(128).catch(''),
})

/** The stored reason of a failed or waiting instance. `detail` is the engine's own message. */
export type InstanceReason = { code: ReasonCode; detail?: string | undefined }

/** A code written by another version of the console becomes UNKNOWN. */
export const instanceReason = z
  .object({ code: z.string(), detail: z.string().optional() })
  .transform(({ code, detail }) => ({ code: isReasonCode(code) ? code : ('UNKNOWN' as const), detail }))

export type ReadReason = { code: ReasonCode | 'UNKNOWN'; detail?: string | undefined }

export type InstanceItem = {
  id: string
  name: string
  state: InstanceStateName
  task: InstanceTaskName | null
  reason: ReadReason | null
  image: { id: string; name: string; owner: string; isShared: boolean }
  operatingSystem: string
  typeId: string
  vcpus: number
  memoryMib: number
  diskBytes: number
  isProtected: boolean
  canRebuild: boolean
  createdAt: string
  terminatedAt: string | null
}

export type InstanceRoom = { quota: Meter; host: HostView | null }

export type InstanceList = {
  items: InstanceItem[]
  next: string | null
  prev: string | null
  range: PageRange
} & InstanceRoom

export type InstanceDetails = InstanceItem & {
  region: string
  createdBy: string
  bootMode: BootModeName
  minMemoryMib: number | null
  hostName: string | null
  hasSshKey: boolean
  hasUserData: boolean
  accelerator: string | null
  /** MAC address of its network card, or of the one after its next start; null without one. */
  mac: string | null
  /** The current price of an hour, in minor units of the currency. */
  amount: number
  runsSince: string | null
}

export type InstanceImage = {
  id: string
  name: string
  owner: string
  isShared: boolean
  operatingSystem: string
  virtualSize: number
  minDiskGib: number
  minMemoryMib: number | null
  isDeprecated: boolean
}

export type AskedImage =
  | ({ view: 'usable'; deprecation: Deprecation | null } & InstanceImage)
  | { view: 'unavailable'; id: string; name: string; state: ImageStateName }
  | { view: 'elsewhere'; id: string; name: string; imageRegion: string }

/** Accounts with instances of an image and their number; the sharer sees nothing else about them. */
export const binParams = z.object({ region: regionId })
export type BinParams = z.output<typeof binParams>

export type ImageInstances = { username: string; instances: number }[]
