/** What a master account may have in a region and what is used of it: images and shares by number, own images by bytes. */
export type QuotaMeters = { used: number; quota: number; bytesUsed: number; bytesQuota: number }

export type RegionQuota = QuotaMeters & { regionId: string; regionName: string }
