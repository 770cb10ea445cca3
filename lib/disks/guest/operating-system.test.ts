import { expect, test } from 'vitest'
import { createListing } from './listing'
import { nameOperatingSystem, releaseName, tellsOperatingSystem } from './operating-system'

const names = {
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian"': 'Debian GNU/Linux 12 (bookworm)',
  "NAME='Alpine Linux'\nVERSION=3.20": 'Alpine Linux 3.20',
  '# PRETTY_NAME=no\r\nPRETTY_NAME=Plain\r\n': 'Plain',
  'PRETTY_NAME="a \\"b\\" \\$c \\\\"': 'a "b" $c \\',
  'PRETTY_NAME="turned \u202e and \u0007 rung"': 'turned and rung',
  nothing: '',
}

test.each(Object.entries(names))('%j is %j', (text, name) => {
  expect(releaseName(text)).toBe(name)
})

test('a long name is cut', () => {
  expect(releaseName(`PRETTY_NAME="${'x'.repeat(100_000)}"`)).toHaveLength(128)
})

/** 7-Zip's output for these entries. */
function listed(...entries: { path: string; mode?: string; target?: string; folder?: boolean }[]) {
  const listing = createListing(tellsOperatingSystem)
  const blocks = entries.map(({ path, mode = '', target = '', folder }) =>
    [`Path = ${path}`, `Folder = ${folder ? '+' : '-'}`, mode && `Mode = ${mode}`, `Symbolic Link = ${target}`]
      .filter(Boolean)
      .join('\n'),
  )
  const text = Buffer.from(`7-Zip\n\n--\nPath = /disk/part\nLabel = root\n\n----------\n${blocks.join('\n\n')}\n`)
  // Chunks that split lines and UTF-8 characters.
  for (let at = 0; at < text.length; at += 7) listing.hear(text.subarray(at, at + 7))
  return listing.end()
}

async function nameOf(entries: Parameters<typeof listed>, files: Record<string, string>) {
  const listing = listed(...entries)
  if (!listing) throw new Error('Nothing was listed.')
  return await nameOperatingSystem(listing, async (path) => files[path] ?? '')
}

const release = (name: string) => `PRETTY_NAME="${name}"`

test('folders and internal data of a file system are not files; links to folders are', () => {
  const listing = listed(
    { path: 'etc', mode: 'drwxr-xr-x', folder: true },
    { path: 'bin', mode: 'lrwxrwxrwx', target: 'usr/bin', folder: true },
    { path: 'ünïcode', mode: '-rw-r--r--' },
    { path: 'Users', folder: true },
    { path: '[SYSTEM]/$MFT' },
    { path: '[SYS]/Journal' },
  )
  expect(listing).toMatchObject({ files: 2, label: 'root' })
})

test('if 7-Zip prints no file system there is no listing', () => {
  const listing = createListing(tellsOperatingSystem)
  listing.hear(Buffer.from('ERROR: Cannot open the file\n'))
  expect(listing.end()).toBeNull()
})

test('links of etc/os-release are followed', async () => {
  const files = { 'usr/lib/os-release': release('There') }
  expect(await nameOf([{ path: 'etc/os-release', target: '../usr/lib/os-release' }], files)).toBe('There')
  expect(await nameOf([{ path: 'etc/os-release', target: '/usr/lib/os-release' }], files)).toBe('There')
  expect(await nameOf([{ path: 'usr/lib/os-release' }], files)).toBe('There')
  expect(await nameOf([{ path: 'etc/os-release' }], { 'etc/os-release': release('Here'), ...files })).toBe('Here')
})

test('a circular link, or one to a name that 7-Zip could take for a switch or pattern, is not followed', async () => {
  const circle = { path: 'etc/os-release', target: 'os-release' }
  expect(await nameOf([circle], { 'etc/os-release': release('Round') })).toBeNull()
  for (const target of ['/-oX', '/@list', '/*', '/a b', '/..']) {
    const files = { [target.slice(1)]: release('Wrong') }
    expect(await nameOf([{ path: 'etc/os-release', target }], files)).toBeNull()
  }
})

test('Windows is named by its newest serviced build, an installation disk by its own file', async () => {
  const builds = ['10.0.9600.1', '10.0.20348.1', '10.0.20348.230'].map((build) => ({
    path: `Windows/servicing/Version/${build}`,
    folder: true,
  }))
  expect(await nameOf(builds, {})).toBe('Windows 10.0.20348')
  expect(await nameOf([{ path: '.disk/info' }], { '.disk/info': 'Debian 12 "Bookworm"\n' })).toBe(
    'Debian 12 "Bookworm"',
  )
  expect(await nameOf([{ path: 'etc/passwd' }], {})).toBeNull()
})
