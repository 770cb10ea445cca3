import { expect, test } from 'vitest'
import { createSubvolumes } from './subvolumes'

test('files of a subvolume have the path of its mount point', () => {
  const { add, pathOf } = createSubvolumes()
  for (const folder of ['@', '@home', '@var_log', 'root', 'home', '@/.snapshots', '@/.snapshots/7/snapshot', '@/opt'])
    add(folder)
  const paths = {
    '@/etc/shadow': 'etc/shadow',
    '@home/ann/.ssh/id_rsa': 'home/ann/.ssh/id_rsa',
    '@var_log/auth.log': 'var/log/auth.log',
    'root/etc/shadow': 'etc/shadow',
    'home/ann/.netrc': 'home/ann/.netrc',
    '@/.snapshots/7/snapshot/etc/shadow': 'etc/shadow',
    '@/.snapshots/7/info.xml': '.snapshots/7/info.xml',
    '@/opt/app/.env': 'opt/app/.env',
    'etc/shadow': 'etc/shadow',
    shadow: 'shadow',
  }
  for (const [path, systemPath] of Object.entries(paths)) expect(pathOf(path), path).toBe(systemPath)
})
