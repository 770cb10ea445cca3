/** The first subvolume of many distributions, which is the system's root folder. */
const roots: readonly string[] = ['', 'root', 'rootfs', 'snapshot']

/**
 * Tells by which path the system knows a file of Btrfs, whose subvolumes are mounted at other places than where they lie:
 * `@/etc/shadow` is `/etc/shadow`, `@home/ann` is `/home/ann`, and `@/.snapshots/7/snapshot/etc` is `/etc` as it was once. The
 * folders at the top of subvolumes have to be named before the files in them.
 */
export function createSubvolumes() {
  const places = new Map<string, string>()
  return {
    add: (folder: string) => {
      const names = folder.split('/').map((name) => name.replace(/^@/, '').replaceAll('_', '/'))
      const snapshot = names.lastIndexOf('snapshot')
      const own = names
        .slice(snapshot + 1)
        .filter((name, index) => !(index === 0 && roots.includes(name)) && name !== '')
      if (places.size < subvolumesMax) places.set(folder, own.join('/'))
    },
    pathOf: (path: string): string => {
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
        const place = places.get(path.slice(0, end))
        if (place !== undefined) return place === '' ? path.slice(end + 1) : `${place}${path.slice(end)}`
      }
      return path
    },
  }
}

const subvolumesMax = 10_000
