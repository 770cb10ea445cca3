import type { Resource } from './rules'

export type Meter = { used: number; quota: number }

export type QuotaMeters = Record<Resource, Meter>

export type RegionQuota = QuotaMeters & { regionId: string; regionName: string }
