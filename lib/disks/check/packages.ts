import type { Wanted } from './contents'

/** Lists of Debian: the files of a package with their MD5, and the state of all packages with that of their settings. */
export const packageLists = /^var\/lib\/dpkg\/(?:info\/[^/]+\.md5sums|status)$/
const rpmDatabase = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\//

/** Where the files of a package are read all the same, because people change them there. */
const changedByPeople = /^(?:etc|root|home|srv|opt|var\/www)\//
/** What RPM puts there: nobody writes down secrets among it, and it has no list of sums to tell. */
const shippedByRpm = /^(?:usr\/(?:lib|lib64|libexec|share|bin|sbin|include|src)|lib|lib64|bin|sbin)\//

export type Packages = {
  /** Reads one of the lists. */
  addList: (file: Wanted, text: string) => void
  /** Says that a file is there, which may tell that packages are RPMs. */
  see: (path: string) => void
  /** Whether contents need not be read: a package's file where nobody changes one. */
  isShipped: (path: string) => boolean
  /** The package whose file this is. */
  ownerOf: (path: string) => string | null
  /** The MD5 that a file of a package has if nobody has changed it. */
  sumOf: (path: string) => string | null
}

/** Bound of what is remembered of lists, in files. */
const ownedMax = 300_000

/** What the guest's package manager knows of its files. */
export function createPackages(): Packages {
  const sums = new Map<string, { sum: string; owner: string }>()
  let isRpm = false
  // Where /bin leads to /usr/bin, the lists of packages have either.
  const find = (path: string) => sums.get(path) ?? (path.startsWith('usr/') ? sums.get(path.slice(4)) : undefined)
  const add = (path: string, sum: string, owner: string) => {
    if (sums.size < ownedMax) sums.set(path, { sum, owner })
  }
  return {
    addList: ({ path }, text) => {
      if (path.endsWith('/status')) for (const { file, sum, owner } of settingsIn(text)) add(file, sum, owner)
      else {
        const owner = /([^/:]+)(?::[^/]+)?\.md5sums$/.exec(path)?.[1] ?? ''
        for (const [, sum = '', file = ''] of text.matchAll(/^([0-9a-f]{32}) {2}(.{1,4096})$/gm)) add(file, sum, owner)
      }
    },
    see: (path) => {
      isRpm ||= rpmDatabase.test(path)
    },
    isShipped: (path) =>
      (find(path) !== undefined && !changedByPeople.test(path)) ||
      (isRpm && sums.size === 0 && shippedByRpm.test(path)),
    ownerOf: (path) => find(path)?.owner ?? null,
    sumOf: (path) => find(path)?.sum ?? null,
  }
}

// A longer name is cut: all files of its package would carry it.
const settingLines = /^Package: (\S{1,128})|^ \/(\S{1,4096}) ([0-9a-f]{32})(?: obsolete)?$/gm

/** The settings of packages are in no list of sums, but in the state of the packages. */
function* settingsIn(status: string) {
  let owner = ''
  for (const [, name, file, sum] of status.matchAll(settingLines)) {
    if (name) owner = name
    else if (file && sum) yield { file, sum, owner }
  }
}
