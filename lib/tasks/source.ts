import type { DiskContent } from '@/lib/blobs/rules'
import type { DiskLayout } from '@/lib/disks/layout'
import type { Result } from '@/lib/result'
import type { PutOptions, Store } from '@/lib/stores/contract'
import type { Transfer } from '@/lib/transfers/reads'
import type { NextStep } from '@/lib/transfers/writes'
import type { Lease } from './lease'

/** How far a stage has come, for whoever waits at a command line: bytes, of so many where that is known. */
export type Stage = 'receiving' | 'checking' | 'converting' | 'storing'
export type Tell = (done: number, total: number | undefined, stage: Stage) => void

/** Bytes that are ready for a store: what they are, what is on the disk, and how they get there. */
export type SourceBytes = {
  content: DiskContent
  isNormalised?: boolean
  /** Partitions and file systems; asked for only where the store does not know these bytes yet. */
  layout: () => Promise<DiskLayout | null>
  /** Whether they only change their place on one file system, which takes no room. */
  isMoved: (store: Store) => Promise<boolean>
  put: (store: Store, key: string, options: PutOptions) => Promise<void>
}

/** What a source works with. `begin` begins a step that writes; it throws what is refused, as there is no room or no quota. */
export type Working = { lease: Lease; begin: (next: NextStep) => Promise<void>; tell?: Tell | undefined }

/** What a kind of transfer adds to the pipeline: it finds its bytes and makes them ready. What it refuses fails the transfer. */
export type Source = (transfer: Transfer, working: Working) => Promise<Result<SourceBytes>>
