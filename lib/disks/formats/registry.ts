import type { DiskFormat } from './format'
import { qcow2 } from './qcow2'
import { raw } from './raw'

/** The formats that can be imported. */
export const diskFormats = [qcow2, raw] as const satisfies readonly DiskFormat[]

/** The name of one of them, as tools are told it. */
export type DiskFormatId = (typeof diskFormats)[number]['id']
