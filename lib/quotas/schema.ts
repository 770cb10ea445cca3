import type { Resource } from './rules'

/** The quota of a master account for a resource in a region and its use, in the resource's unit. */
export type Meter = { used: number; quota: number }

/** All quotas of a master account in a region. */
export type QuotaMeters = Record<Resource, Meter>

export type RegionQuota = QuotaMeters & { regionId: string; regionName: string }
