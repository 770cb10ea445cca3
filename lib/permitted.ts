export type PermittedRegions = 'all' | readonly string[]

/** Whether a permission that holds in these regions holds in one; with null, in any region at all. */
export function holdsIn(regions: PermittedRegions, region: string | null): boolean {
  return regions === 'all' || (region === null ? regions.length > 0 : regions.includes(region))
}
