/** Why part of a disk was not read. */
export const unreadReasons = ['time', 'memory', 'format', 'damaged'] as const

export const bootModes = ['BIOS', 'UEFI'] as const
export type BootModeName = (typeof bootModes)[number]

const tables = ['gpt', 'mbr', 'none', 'iso'] as const

/** More partitions than a real disk has; a disk with more sets `unread`. */
export const partitionsMax = 128
/** Longest name, label or id, in UTF-16 units. A name in a GPT has at most 36. */
export const labelMax = 64
export const operatingSystemTextMax = 128

/**
 * A disk's partitions, their file systems and the guest's name of its operating system. Plain JSON, as stored and sent; sizes and
 * offsets in bytes. `unread` is null if everything that this module can read was read.
 */
export type DiskLayout = {
  table: (typeof tables)[number]
  size: number
  partitions: DiskPartition[]
  operatingSystem: string | null
  /** How a machine boots from it, if its partitions or its boot catalogue say so. */
  bootMode: BootModeName | null
  unread: null | (typeof unreadReasons)[number]
}

export type DiskPartition = {
  number: number | null
  start: number
  size: number
  name: string
  type: string
  fileSystem: FileSystem | null
}

/** `used` and `files` (without folders) are null if unknown. `isReadable`: its files could be read. */
export type FileSystem = {
  kind: string
  label: string
  uuid: string
  used: number | null
  files: number | null
  isReadable: boolean
}

/** Parses a layout from the database or the wire: null if it is not one. Unknown fields are dropped. */
export function parseDiskLayout(json: unknown): DiskLayout | null {
  if (!isRecord(json)) return null
  const { size, operatingSystem } = json
  const table = tables.find((known) => known === json.table)
  const unread = json.unread === null ? null : unreadReasons.find((known) => known === json.unread)
  const list = Array.isArray(json.partitions) && json.partitions.length <= partitionsMax ? json.partitions : [null]
  const partitions = list.flatMap((partition) => parsePartition(partition) ?? [])
  // Layouts stored before this field existed do not have it.
  const bootMode = bootModes.find((known) => known === json.bootMode) ?? null
  const isNamed = operatingSystem === null || isText(operatingSystem, operatingSystemTextMax)
  if (!table || unread === undefined || partitions.length < list.length || !isNamed || !isCount(size)) return null
  return { table, size, partitions, operatingSystem, bootMode, unread }
}

function parsePartition(json: unknown): DiskPartition | null {
  if (!isRecord(json)) return null
  const { number, start, size, name, type } = json
  const fileSystem = json.fileSystem === null ? null : parseFileSystem(json.fileSystem)
  const isNumbered = number === null || isCount(number)
  if (!isNumbered || fileSystem === undefined || !isCount(start) || !isCount(size)) return null
  return isText(name) && isText(type) ? { number, start, size, name, type, fileSystem } : null
}

function parseFileSystem(json: unknown): FileSystem | undefined {
  if (!isRecord(json)) return undefined
  const { kind, label, uuid, used, files, isReadable } = json
  const isCounted = (used === null || isCount(used)) && (files === null || isCount(files))
  if (!isCounted || typeof isReadable !== 'boolean') return undefined
  return isText(kind) && isText(label) && isText(uuid) ? { kind, label, uuid, used, files, isReadable } : undefined
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null
}

function isText(json: unknown, lengthMax = labelMax): json is string {
  return typeof json === 'string' && json.length <= lengthMax
}

function isCount(json: unknown): json is number {
  return Number.isSafeInteger(json) && Number(json) >= 0
}
