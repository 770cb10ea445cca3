import { expect, test } from 'vitest'
import { createFindings } from './findings'
import { createPackages } from './packages'

const mib = 1024 ** 2

test('no text of a guest makes a report large', () => {
  const findings = createFindings()
  const found = { rule: 'x', severity: 'high', partition: 0, remedy: 'review', cleanable: true } as const
  const long = 'n'.repeat(mib)
  findings.add({ ...found, path: long, masked: long, ownedBy: long })
  expect(JSON.stringify(findings.list()).length).toBeLessThan(2048)
  findings.add({ ...found, path: 'etc/ssl/key', masked: 'ghp_****', ownedBy: 'ssl\u202ecert' })
  expect(findings.list().findings[1]).toMatchObject({ masked: 'ghp_****', ownedBy: 'ssl\\u{202e}cert' })
})

test('a long package name is cut, and its files still belong to the package', () => {
  const packages = createPackages()
  const sum = '0'.repeat(32)
  const status = (name: string) =>
    `Package: ${name}\nStatus: install ok installed\nConffiles:\n /etc/${name[0]} ${sum}\n`
  packages.addList({ path: 'var/lib/dpkg/status', size: 1 }, `${status('b'.repeat(mib))}\n${status('adduser')}`)
  expect(packages.ownerOf('etc/b')).toBe('b'.repeat(128))
  expect(packages.ownerOf('etc/a')).toBe('adduser')
})
