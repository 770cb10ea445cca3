import type { Resource } from './rules'

/** How much a master account may have of a resource in a region, and how much of it is used, in the resource's unit. */
export type Meter = { used: number; quota: number }

/** All quotas of a master account in a region. */
export type QuotaMeters = Record<Resource, Meter>

export type RegionQuota = QuotaMeters & { regionId: string; regionName: string }
