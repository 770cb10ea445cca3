import { inflateRawSync } from 'node:zlib'

/** The files of a ZIP archive by name, read through its central directory, as unpacking programs do. */
export function unpacked(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0) throw new Error('The archive has no end.')
  for (
    let at = archive.indexOf('PK\x01\x02', 0, 'latin1');
    at >= 0;
    at = archive.indexOf('PK\x01\x02', at + 4, 'latin1')
  ) {
    const nameLength = archive.readUInt16LE(at + 28)
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength)
    const extra = zip64Of(archive.subarray(at + 46 + nameLength, at + 46 + nameLength + archive.readUInt16LE(at + 30)))
    const [packed, place] = [Number(extra.readBigUInt64LE(8)), Number(extra.readBigUInt64LE(16))]
    const begin = place + 30 + archive.readUInt16LE(place + 26) + archive.readUInt16LE(place + 28)
    files.set(name, inflateRawSync(archive.subarray(begin, begin + packed)))
  }
  return files
}

/** The ZIP64 extra field of an entry: size, compressed size, offset. */
function zip64Of(extra: Buffer): Buffer {
  for (let at = 0; at < extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4)
  }
  throw new Error('The archive is not of ZIP64.')
}
