import { createHash } from 'node:crypto'
import { buildFat16 } from './samples/fat16'
import { partitionAt, partitionSectors, writeGpt } from './samples/gpt'

const sectorBytes = 512
const sizeMibMin = 4
const sizeMibMax = 1024

export type RawSample = { sizeMib: number; label: string; seed: number }

/** Builds a small raw disk: a GPT with one partition, a FAT16 with a label and a README. Throws on an invalid size. */
export function buildRawDisk({ sizeMib, label, seed }: RawSample): Buffer {
  if (!Number.isInteger(sizeMib) || sizeMib < sizeMibMin || sizeMib > sizeMibMax) {
    throw new RangeError(`A sample has ${sizeMibMin} to ${sizeMibMax} whole MiB, not ${sizeMib}.`)
  }
  const disk = Buffer.alloc(sizeMib * 1024 * 1024)
  const sectors = partitionSectors(disk.length / sectorBytes)
  const diskId = uuid(`disk ${seed} ${label}`)
  const id = uuid(`partition ${seed} ${label}`)
  const volume = buildFat16({
    sectors,
    hiddenSectors: partitionAt,
    label: volumeLabel(label),
    serial: Number.parseInt(id.slice(0, 8), 16),
    files: [{ name: 'README.TXT', text: readme(label, sizeMib, diskId) }],
  })
  volume.copy(disk, partitionAt * sectorBytes)
  writeGpt(disk, { name: label, id, diskId })
  return disk
}

function readme(label: string, sizeMib: number, diskId: string): string {
  const lines = [
    label,
    '',
    `A sample disk of ${sizeMib} MiB. It holds this text and nothing that boots.`,
    `Disk ${diskId}`,
    '',
  ]
  return lines.join('\r\n')
}

// FAT labels have up to eleven characters: ASCII capitals, digits and a few signs.
function volumeLabel(label: string): string {
  const folded = label.toUpperCase().replaceAll(/[^A-Z0-9_ -]+/g, '_')
  return folded.slice(0, 11).trim() || 'SAMPLE'
}

function uuid(from: string): string {
  const bytes = createHash('sha256').update(from).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A cluster has 2 to the power of `clusterBits` bytes; the default is QEMU's 16. */
export type Qcow2Sample = { raw: Buffer; clusterBits?: number }

/** Converts a raw disk to qcow2 version 3. Clusters of zeros take no space. */
export function buildQcow2({ raw, clusterBits = 16 }: Qcow2Sample): Buffer {
  const clusterSize = 2 ** clusterBits
  const perL2 = clusterSize / 8
  const used = usedClusters(raw, clusterSize)
  const l1Entries = Math.ceil(raw.length / (clusterSize * perL2))
  const l2Tables = new Set(used.map((cluster) => Math.floor(cluster / perL2))).size
  const l1Clusters = Math.ceil((l1Entries * 8) / clusterSize)
  const plan = planRefcounts(clusterSize, 1 + l1Clusters + l2Tables + used.length)

  // Header, refcount table, refcount blocks, L1 table, L2 tables and data, in this order.
  const l1At = 1 + plan.tableClusters + plan.blocks
  const l2At = l1At + l1Clusters
  const dataAt = l2At + l2Tables
  const file = Buffer.alloc(plan.total * clusterSize)
  writeHeader(file, { clusterBits, virtualSize: raw.length, l1Entries, l1At, refcountClusters: plan.tableClusters })
  writeRefcounts(file, clusterSize, plan)
  let l1Index = -1
  let table = l2At - 1
  for (const [index, cluster] of used.entries()) {
    if (l1Index !== Math.floor(cluster / perL2)) {
      l1Index = Math.floor(cluster / perL2)
      table += 1
      writePlace(file, l1At * clusterSize + l1Index * 8, table * clusterSize)
    }
    writePlace(file, table * clusterSize + (cluster % perL2) * 8, (dataAt + index) * clusterSize)
    raw.copy(file, (dataAt + index) * clusterSize, cluster * clusterSize, (cluster + 1) * clusterSize)
  }
  return file
}

function usedClusters(raw: Buffer, clusterSize: number): number[] {
  const zeros = Buffer.alloc(clusterSize)
  const used: number[] = []
  for (let at = 0; at < raw.length; at += clusterSize) {
    const cluster = raw.subarray(at, at + clusterSize)
    if (!cluster.equals(zeros.subarray(0, cluster.length))) used.push(at / clusterSize)
  }
  return used
}

type RefcountPlan = { tableClusters: number; blocks: number; total: number }

// Reference counts also count the clusters of their own table and blocks, so the plan grows until it covers itself.
function planRefcounts(clusterSize: number, otherClusters: number): RefcountPlan {
  const perBlock = clusterSize / 2
  let blocks = 1
  for (;;) {
    const tableClusters = Math.ceil((blocks * 8) / clusterSize)
    const total = otherClusters + tableClusters + blocks
    const needed = Math.ceil(total / perBlock)
    if (needed <= blocks) return { tableClusters, blocks, total }
    blocks = needed
  }
}

function writeRefcounts(file: Buffer, clusterSize: number, { tableClusters, blocks, total }: RefcountPlan) {
  const blocksAt = (1 + tableClusters) * clusterSize
  for (let block = 0; block < blocks; block += 1) {
    file.writeBigUInt64BE(BigInt(blocksAt + block * clusterSize), clusterSize + block * 8)
  }
  // The blocks are contiguous, so their counts form one array.
  for (let cluster = 0; cluster < total; cluster += 1) file.writeUInt16BE(1, blocksAt + cluster * 2)
}

// The highest bit means that the cluster's reference count is exactly one.
function writePlace(file: Buffer, at: number, place: number) {
  file.writeBigUInt64BE((1n << 63n) | BigInt(place), at)
}

type HeaderFields = {
  clusterBits: number
  virtualSize: number
  l1Entries: number
  l1At: number
  refcountClusters: number
}

function writeHeader(file: Buffer, fields: HeaderFields) {
  const clusterSize = 2 ** fields.clusterBits
  file.write('QFI\xfb', 0, 'latin1')
  file.writeUInt32BE(3, 4)
  file.writeUInt32BE(fields.clusterBits, 20)
  file.writeBigUInt64BE(BigInt(fields.virtualSize), 24)
  file.writeUInt32BE(fields.l1Entries, 36)
  file.writeBigUInt64BE(BigInt(fields.l1At * clusterSize), 40)
  file.writeBigUInt64BE(BigInt(clusterSize), 48)
  file.writeUInt32BE(fields.refcountClusters, 56)
  // 16-bit reference counts, and a header of 112 bytes whose compression type is 0, deflate.
  file.writeUInt32BE(4, 96)
  file.writeUInt32BE(112, 100)
}
