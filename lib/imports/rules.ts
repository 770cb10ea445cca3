import { foldName, imageNameMax, isPlainName } from '@/lib/images/rules'

/** An upload may be silent for this long before its place is given back: a night, and a day to come back in. */
export const uploadPatienceMs = 24 * 60 * 60 * 1000

/** The most images whose state is queried in one request. */
export const importsAskedMax = 50

/** The default name of an image: the file's, without its ending and without characters that a name cannot have. */
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
