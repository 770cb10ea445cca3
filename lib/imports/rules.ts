import { foldName, imageNameMax, isPlainName } from '@/lib/images/rules'

/** How long an upload may be silent before its quota place is released: a night, and a day to come back. */
export const uploadPatienceMs = 24 * 60 * 60 * 1000

/** Maximum number of images whose state is queried in one request. */
export const importsAskedMax = 50

/** The default name of an image: the file's name without its ending and without characters that are not allowed. */
export function nameOfFile(fileName: string): string {
  const stem = fileName.normalize('NFC').replace(/\.[a-z][a-z0-9]{1,6}$/i, '')
  const plain = Array.from(stem, (letter) => (isPlainName(letter) ? letter : '-')).join('')
  const name = foldName(
    plain
      .replace(/-{2,}/g, '-')
      .replace(/^[\s-]+/, '')
      .slice(0, imageNameMax),
  )
  return isPlainName(name) ? name : 'image'
}
