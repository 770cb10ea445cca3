import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'

// Field names and offsets: ECMA-167 part 3. All numbers are little endian.
/** The standard allows other places too, but every volume has one here. */
const anchorBlock = 256
const tags = { anchor: 2, partition: 5, end: 8 }
const tagBytes = 16
/** The standard demands at least 16 blocks for the descriptor sequence. */
const sequenceBlocksMax = 64

/** End of the last partition of a UDF volume in bytes, or a refusal. */
export async function readUdfEnd(reader: ByteReader, blockBytes: number): Promise<number | DiskRefusal> {
  const anchor = await readWhole(reader, anchorBlock * blockBytes, blockBytes)
  if (!anchor) return refuseDisk('truncated')
  if (tagOf(anchor) !== tags.anchor) return badHeader()
  const blocks = Math.min(Math.floor(anchor.readUInt32LE(16) / blockBytes), sequenceBlocksMax)
  const sequence = await readWhole(reader, anchor.readUInt32LE(20) * blockBytes, blocks * blockBytes)
  if (!sequence) return refuseDisk('truncated')
  let end = 0
  for (let at = 0; at < sequence.length; at += blockBytes) {
    const descriptor = sequence.subarray(at, at + blockBytes)
    const tag = tagOf(descriptor)
    if (tag === tags.end || tag === null) break
    if (tag !== tags.partition) continue
    end = Math.max(end, (descriptor.readUInt32LE(188) + descriptor.readUInt32LE(192)) * blockBytes)
  }
  return end === 0 ? badHeader() : end
}

// Each descriptor begins with a tag whose fifth byte is the sum of the others.
function tagOf(descriptor: Buffer): number | null {
  const sum = descriptor.subarray(0, tagBytes).reduce((total, byte, index) => (index === 4 ? total : total + byte), 0)
  return sum % 256 === descriptor.readUInt8(4) ? descriptor.readUInt16LE(0) : null
}

function badHeader(): DiskRefusal {
  return refuseDisk('bad-header', { field: 'udf' })
}
