/** First path segments of our routes, which a region of that name would hide. A test compares with app/. */
export const reservedRegionIds = [
  'account',
  'api',
  'billing',
  'healthz',
  'help',
  'not-permitted',
  'notices',
  'preferences',
  'readyz',
  'sign-in',
  'sign-out',
  'unsubscribe',
] as const

export const regionNameMax = 64
const regionIdPattern = /^[a-z]{2}-[a-z0-9-]{2,29}$/

/** Whether this can be a region's id. Region ids are part of URLs, so a route's first segment is reserved. */
export function isRegionId(id: string): boolean {
  return regionIdPattern.test(id) && !reservedRegionIds.some((reserved) => reserved === id)
}

/** A region's name in a language: its Chinese name for Chinese, if it has one. */
export function regionName({ name, nameZh }: { name: string; nameZh: string | null }, locale: string): string {
  return (locale === 'zh' && nameZh) || name
}

/** The region to start in: the last used one, else the first with content, else the first; undefined without any. */
export function startRegion<R extends { id: string }>(
  regions: R[],
  contents: { region: string; images: number; shares: number; instances: number }[],
  last: string | undefined,
): R | undefined {
  const hasSomething = ({ id }: R) =>
    contents.some(({ region, images, shares, instances }) => region === id && images + shares + instances > 0)
  return regions.find(({ id }) => id === last) ?? regions.find(hasSomething) ?? regions[0]
}
