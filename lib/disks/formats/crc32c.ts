/** Castagnoli's polynomial, bits reversed. Node has only the CRC-32 of zip. */
const polynomial = 0x82f63b78

const steps = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
  return value
})

/** CRC-32C of the bytes, with the four at `skippedAt`, the checksum field itself, taken as zeros. */
export function crc32c(bytes: Buffer, skippedAt: number): number {
  const before = update(0xffffffff, bytes.subarray(0, skippedAt))
  return ~update(update(before, Buffer.alloc(4)), bytes.subarray(skippedAt + 4)) >>> 0
}

function update(from: number, bytes: Buffer): number {
  let crc = from
  for (const byte of bytes) crc = (crc >>> 8) ^ (steps[(crc ^ byte) & 0xff] ?? 0)
  return crc
}
