export type PermittedRegions = 'all' | readonly string[]

/** Whether a permission with these regions applies in a region; null: in any region. */
export function holdsIn(regions: PermittedRegions, region: string | null): boolean {
  return regions === 'all' || (region === null ? regions.length > 0 : regions.includes(region))
}
