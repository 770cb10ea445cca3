import { holdsIn, type PermittedRegions } from './permitted'

// What a sub-account may do. A policy is a bundle that the master attaches; a permission is what one operation needs.
// Every action, route and page declares its permission here by name, and the seams (lib/action.ts, lib/route.ts,
// lib/download.ts, requireContext) decide before the operation runs.

/** The policies that a master attaches to its sub-accounts, in the order in which they are shown. */
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
 * A refusal names the first, smallest policy. `Administrator` contains all that have any; none is the master's alone.
 */
const policiesWith = {
  'images.read': ['ImagesReadOnly', 'ImagesFull', 'Sharing', 'Incoming', 'InstancesFull'],
  'images.change': ['ImagesFull'],
  /** Bytes leave the console, so seeing an image is not enough. */
  'images.download': ['ImagesFull'],
  'shares.give': ['Sharing'],
  /** To use a recipient group takes no more than sharing does. */
  'groups.manage': ['Sharing'],
  'shares.receive': ['Incoming'],
  'instances.read': ['InstancesFull'],
  'instances.change': ['InstancesFull'],
  'bill.read': ['BillingReadOnly'],
  'account.manage': ['Administrator'],
  /** Rule 30: nobody but the master can extend anybody's rights. */
  'subAccounts.manage': [],
} as const satisfies Record<string, readonly PolicyName[]>

export type Permission = keyof typeof policiesWith
export const permissions: readonly Permission[] = Object.keys(policiesWith).filter(isPermission)

function isPermission(name: string): name is Permission {
  return name in policiesWith
}

/** What concerns the whole tenant: a policy for named regions is not enough. */
const ofTenant: readonly Permission[] = ['account.manage', 'groups.manage']

/** `regions`: where it applies; null is everywhere. */
export type Grant = { policy: PolicyName; regions: readonly string[] | null }

/** A master account, the operator and jobs may do everything; a sub-account what its policies contain. */
export type Rights = 'all' | readonly Grant[]

/** Null: in any region at all. `isEverywhere`: in all of them, for what concerns the whole tenant. */
export type Need = { permission: Permission; region: string | null; isEverywhere?: boolean }

/** `signed-in`: everybody. Permissions: in the region of the input. A function: what depends on the input. */
export type Needs<Input> = 'signed-in' | Permission | readonly Permission[] | ((input: Input) => readonly Need[])

type Holder = { rights: Rights }

/** Whether the viewer has a permission in a region; with null, in any region at all. */
export function may(viewer: Holder, permission: Permission, region: string | null): boolean {
  return holdsIn(regionsWith(viewer, permission), region)
}

/** The regions in which the viewer has a permission: all, or these; none where only all would do. */
export function regionsWith({ rights }: Holder, permission: Permission): 'all' | string[] {
  if (rights === 'all') return 'all'
  const grants = grantsOf(rights, permission)
  if (grants.some(({ regions }) => regions === null)) return 'all'
  if (ofTenant.includes(permission)) return []
  return [...new Set(grants.flatMap(({ regions }) => regions ?? []))]
}

/** What the pages of a viewer need to know: each permission that it has, and where. */
export type Permitted = 'all' | Partial<Record<Permission, PermittedRegions>>

/** Resolves the rights of a viewer for its pages, which so need no table of policies. */
export function permittedTo(viewer: Holder): Permitted {
  if (viewer.rights === 'all') return 'all'
  return Object.fromEntries(permissions.map((permission) => [permission, regionsWith(viewer, permission)]))
}

/** The same for a database query by region: no condition where the viewer has the permission everywhere. */
export function inRegions(holder: Holder, permission: Permission): { regionId?: { in: string[] } } {
  const regions = regionsWith(holder, permission)
  return regions === 'all' ? {} : { regionId: { in: regions } }
}

/** Whether the viewer has a permission in all regions, also in those that are made later. */
export function mayEverywhere(holder: Holder, permission: Permission): boolean {
  return regionsWith(holder, permission) === 'all'
}

/** The policies of which any one is enough for a permission; none: the master account alone has it. */
export function policiesFor(permission: Permission): PolicyName[] {
  const named: readonly PolicyName[] = policiesWith[permission]
  return named.length > 0 ? [...new Set<PolicyName>([...named, 'Administrator'])] : []
}

function grantsOf(rights: readonly Grant[], permission: Permission): Grant[] {
  const enough = policiesFor(permission)
  return rights.filter(({ policy }) => enough.includes(policy))
}

/** `policy`: the missing one. Null: only the master account may, or no policy helps. */
export type NotPermitted = { code: 'NOT_PERMITTED'; policy: PolicyName | null; region: string | null }

/** Refuses with NOT_PERMITTED, which names the first policy that is missing and where; null if nothing is. */
export function refuseUnpermitted(viewer: Holder, needs: readonly Need[]): NotPermitted | null {
  const missing = needs.find(({ permission, region, isEverywhere }) =>
    isEverywhere ? !mayEverywhere(viewer, permission) : !may(viewer, permission, region),
  )
  if (!missing) return null
  const policy = policiesWith[missing.permission][0] ?? null
  return { code: 'NOT_PERMITTED', policy, region: missing.region }
}

/** What an operation needs for this input. The region is the input's `region`, where it names one. */
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
