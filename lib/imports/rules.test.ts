import { expect, test } from 'vitest'
import { imageNameMax, isPlainName } from '@/lib/images/rules'
import { importsAskedMax, nameOfFile, uploadPatienceMs } from './rules'

test.each([
  ['web-01.qcow2', 'web-01'],
  ['web-01.QCOW2', 'web-01'],
  ['web-01', 'web-01'],
  // Only the last ending is removed, and only if it looks like one.
  ['debian-12.5.raw', 'debian-12.5'],
  ['release.2024', 'release.2024'],
  ['disk.x', 'disk.x'],
  ['disk.ab', 'disk'],
  ['disk.abcdefg', 'disk'],
  ['disk.abcdefgh', 'disk.abcdefgh'],
  ['disk.vmdk.bak', 'disk.vmdk'],
  ['disk.i-o', 'disk.i-o'],
  ['.img', 'image'],
  ['a😀b.img', 'a-b'],
  ['a/😀\\b.img', 'a-b'],
  ['a--b.img', 'a-b'],
  ['a---b.img', 'a-b'],
  ['- - web.img', 'web'],
  [' web .img', 'web'],
  ['web -.img', 'web -'],
  ['Cafe\u0301.img', 'Café'],
  ['😀.img', 'image'],
  ['', 'image'],
  [`${'x'.repeat(200)}.img`, 'x'.repeat(imageNameMax)],
  [`--${'x'.repeat(200)}.img`, 'x'.repeat(imageNameMax)],
])('a file %j becomes an image %j', (file, name) => {
  expect(nameOfFile(file)).toBe(name)
  expect(isPlainName(nameOfFile(file))).toBe(true)
})

test('an upload may be silent for a day, and 50 images are queried at once', () => {
  expect([uploadPatienceMs, importsAskedMax]).toEqual([86_400_000, 50])
})
