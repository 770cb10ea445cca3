import { holdsIn, type PermittedRegions } from './permitted'

// The permissions of sub-accounts. A policy is a bundle that the master attaches; a permission is what one operation needs. Every
// action, route and page declares its permission by name, and the seams (lib/action.ts, lib/route.ts, lib/download.ts,
// requireContext) check it before the operation runs.

/** The policies that a master can attach to its sub-accounts, in display order. */
export const policyNames = [
  'ImagesReadOnly',
  'ImagesFull',
  'Sharing',
  'Incoming',
  'InstancesFull',
  'BillingReadOnly',
  'Administrator',
] as const
export type PolicyName = (typeof policyNames)[number]

/**
 * The policies with each permission, smallest first: a refusal names the first. `Administrator` has all permissions that any
 * policy has; an empty list means the master alone.
 */
const policiesWith = {
  'images.read': ['ImagesReadOnly', 'ImagesFull', 'Sharing', 'Incoming', 'InstancesFull'],
  'images.change': ['ImagesFull'],
  /** Bytes leave the console, so the permission to see an image is not enough. */
  'images.download': ['ImagesFull'],
  'shares.give': ['Sharing'],
  /** Using a recipient group needs only the permission to share. */
  'groups.manage': ['Sharing'],
  'shares.receive': ['Incoming'],
  'instances.read': ['InstancesFull'],
  'instances.change': ['InstancesFull'],
  'bill.read': ['BillingReadOnly'],
  'account.manage': ['Administrator'],
  /** Rule 30: only the master can change anybody's permissions. */
  'subAccounts.manage': [],
} as const satisfies Record<string, readonly PolicyName[]>

export type Permission = keyof typeof policiesWith
export const permissions: readonly Permission[] = Object.keys(policiesWith).filter(isPermission)

function isPermission(name: string): name is Permission {
  return name in policiesWith
}

/** Permissions about the whole tenant: a policy for single regions is not enough. */
const ofTenant: readonly Permission[] = ['account.manage', 'groups.manage']

/** `regions`: where it applies; null: everywhere. */
export type Grant = { policy: PolicyName; regions: readonly string[] | null }

/** `all` for a master account, the operator and jobs; a sub-account has what its policies contain. */
export type Rights = 'all' | readonly Grant[]

/** `region` null: in any region. `isEverywhere`: in all regions, for what concerns the whole tenant. */
export type Need = { permission: Permission; region: string | null; isEverywhere?: boolean }

/** `signed-in`: no permission. Permissions: in the region of the input. A function: computed from the input. */
export type Needs<Input> = 'signed-in' | Permission | readonly Permission[] | ((input: Input) => readonly Need[])

type Holder = { rights: Rights }

/** Whether the viewer has a permission in a region; null: in any region. */
export function may(viewer: Holder, permission: Permission, region: string | null): boolean {
  return holdsIn(regionsWith(viewer, permission), region)
}

/** The regions in which the viewer has a permission: all, or these. Empty for a permission that needs all regions. */
export function regionsWith({ rights }: Holder, permission: Permission): 'all' | string[] {
  if (rights === 'all') return 'all'
  const grants = grantsOf(rights, permission)
  if (grants.some(({ regions }) => regions === null)) return 'all'
  if (ofTenant.includes(permission)) return []
  return [...new Set(grants.flatMap(({ regions }) => regions ?? []))]
}

/** A viewer's permissions for its pages: each that it has, with its regions. */
export type Permitted = 'all' | Partial<Record<Permission, PermittedRegions>>

/** Resolves a viewer's permissions for its pages, which then do not need the table of policies. */
export function permittedTo(viewer: Holder): Permitted {
  if (viewer.rights === 'all') return 'all'
  return Object.fromEntries(permissions.map((permission) => [permission, regionsWith(viewer, permission)]))
}

/** A condition on regions for a database query; empty if the viewer has the permission everywhere. */
export function inRegions(holder: Holder, permission: Permission): { regionId?: { in: string[] } } {
  const regions = regionsWith(holder, permission)
  return regions === 'all' ? {} : { regionId: { in: regions } }
}

/** Whether the viewer has a permission in all regions, future ones included. */
export function mayEverywhere(holder: Holder, permission: Permission): boolean {
  return regionsWith(holder, permission) === 'all'
}

/** The policies each of which suffices for a permission; empty: only the master has it. */
export function policiesFor(permission: Permission): PolicyName[] {
  const named: readonly PolicyName[] = policiesWith[permission]
  return named.length > 0 ? [...new Set<PolicyName>([...named, 'Administrator'])] : []
}

function grantsOf(rights: readonly Grant[], permission: Permission): Grant[] {
  const enough = policiesFor(permission)
  return rights.filter(({ policy }) => enough.includes(policy))
}

/** `policy`: the missing one. Null: only the master account may, or no policy suffices. */
export type NotPermitted = { code: 'NOT_PERMITTED'; policy: PolicyName | null; region: string | null }

/** Refuses with NOT_PERMITTED, which names the first missing policy and its region; null if none is missing. */
export function refuseUnpermitted(viewer: Holder, needs: readonly Need[]): NotPermitted | null {
  const missing = needs.find(({ permission, region, isEverywhere }) =>
    isEverywhere ? !mayEverywhere(viewer, permission) : !may(viewer, permission, region),
  )
  if (!missing) return null
  const policy = policiesWith[missing.permission][0] ?? null
  return { code: 'NOT_PERMITTED', policy, region: missing.region }
}

/** The needs of an operation for this input, in the input's `region` if it has one. */
export function needsOf<Input>(needs: Needs<Input>, input: Input): readonly Need[] {
  if (needs === 'signed-in') return []
  if (typeof needs === 'function') return needs(input)
  const region = regionOf(input)
  return (typeof needs === 'string' ? [needs] : needs).map((permission) => ({ permission, region }))
}

function regionOf(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('region' in input)) return null
  return typeof input.region === 'string' ? input.region : null
}
