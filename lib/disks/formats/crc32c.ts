/** Castagnoli's polynomial, its lowest bit first. Node has only that of zip. */
const polynomial = 0x82f63b78

const steps = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
  return value
})

/** The CRC-32C of bytes of which four, at `skippedAt`, count as zeros: the checksum's own place. */
export function crc32c(bytes: Buffer, skippedAt: number): number {
  const before = update(0xffffffff, bytes.subarray(0, skippedAt))
  return ~update(update(before, Buffer.alloc(4)), bytes.subarray(skippedAt + 4)) >>> 0
}

function update(from: number, bytes: Buffer): number {
  let crc = from
  for (const byte of bytes) crc = (crc >>> 8) ^ (steps[(crc ^ byte) & 0xff] ?? 0)
  return crc
}
