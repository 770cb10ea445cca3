import type { DiskFormat } from './format'
import { iso } from './iso'
import { qcow2 } from './qcow2'
import { raw } from './raw'
import { vdi } from './vdi'
import { vhd } from './vhd'
import { vhdx } from './vhdx'
import { vmdk } from './vmdk'

/** The formats that can be imported. Raw is last, because it has no mark. */
export const diskFormats = [qcow2, vmdk, vhd, vhdx, vdi, iso, raw] as const satisfies readonly DiskFormat[]

export type DiskFormatId = (typeof diskFormats)[number]['id']
