/** Names of the subvolume that many distributions mount as the root folder. */
const roots: readonly string[] = ['', 'root', 'rootfs', 'snapshot']

/**
 * Maps paths in Btrfs to paths in the running system, which mounts subvolumes elsewhere: `@/etc/shadow` is `/etc/shadow`, `@home/ann`
 * is `/home/ann`, and `@/.snapshots/7/snapshot/etc` is a former `/etc`. The root folder of a subvolume must be added before its files.
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
/** Maximum length of all names together. */
const unitsMax = 2 ** 21
/** Maximum depth of a subvolume; each folder above a file is looked up. */
const depthMax = 64

function slashesIn(path: string): number[] {
  const found: number[] = []
  for (let at = path.indexOf('/', 1); at >= 0 && found.length < depthMax; at = path.indexOf('/', at + 1)) found.push(at)
  return found
}
