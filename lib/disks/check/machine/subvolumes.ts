/** The first subvolume of many distributions, which is the system's root folder. */
const roots: readonly string[] = ['', 'root', 'rootfs', 'snapshot']

/**
 * Tells by which path the system knows a file of Btrfs, whose subvolumes are mounted at other places than where they lie:
 * `@/etc/shadow` is `/etc/shadow`, `@home/ann` is `/home/ann`, and `@/.snapshots/7/snapshot/etc` is `/etc` as it was once. The
 * folders at the top of subvolumes have to be named before the files in them.
 */
export function createSubvolumes() {
  const places = new Map<string, string>()
  let unitsKept = 0
  return {
    add: (folder: string) => {
      const names = folder.split('/').map((name) => name.replace(/^@/, '').replaceAll('_', '/'))
      const snapshot = names.lastIndexOf('snapshot')
      const own = names
        .slice(snapshot + 1)
        .filter((name, index) => !(index === 0 && roots.includes(name)) && name !== '')
      unitsKept += folder.length
      if (places.size < subvolumesMax && unitsKept <= unitsMax) places.set(folder, own.join('/'))
    },
    pathOf: (path: string): string => {
      if (places.size === 0) return path
      for (const end of slashesIn(path).toReversed()) {
        const place = places.get(path.slice(0, end))
        if (place !== undefined) return place === '' ? path.slice(end + 1) : `${place}${path.slice(end)}`
      }
      return path
    },
  }
}

const subvolumesMax = 10_000
/** Of all their names together. */
const unitsMax = 2 ** 21
/** Folders above a subvolume; each is looked up for each of its files. */
const depthMax = 64

function slashesIn(path: string): number[] {
  const found: number[] = []
  for (let at = path.indexOf('/', 1); at >= 0 && found.length < depthMax; at = path.indexOf('/', at + 1)) found.push(at)
  return found
}
