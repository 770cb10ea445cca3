/** First path segments of routes of ours: a region of that name would hide them. A test compares with app/. */
export const reservedRegionIds = ['account', 'api', 'healthz', 'readyz', 'sign-in'] as const

export const regionNameMax = 64
const regionIdPattern = /^[a-z]{2}-[a-z0-9-]{2,29}$/

/** Whether this can be a region's id. Regions are part of URLs, so a route's own first segment cannot. */
export function isRegionId(id: string): boolean {
  return regionIdPattern.test(id) && !reservedRegionIds.some((reserved) => reserved === id)
}
