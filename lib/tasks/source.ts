import type { DiskContent } from '@/lib/blobs/rules'
import type { DiskLayout } from '@/lib/disks/layout'
import type { Result } from '@/lib/result'
import type { PutOptions, Store } from '@/lib/stores/contract'
import type { Transfer } from '@/lib/transfers/reads'
import type { NextStep } from '@/lib/transfers/writes'
import type { Lease } from './lease'

/** The progress of a stage for the command line: bytes, and their total if known. */
export type Stage = 'receiving' | 'checking' | 'converting' | 'storing'
export type Tell = (done: number, total: number | undefined, stage: Stage) => void

/** Bytes that are ready for a store: their content, their layout, and how to write them. */
export type SourceBytes = {
  content: DiskContent
  isNormalised?: boolean
  /** Partitions and file systems; requested only if the store does not have these bytes yet. */
  layout: () => Promise<DiskLayout | null>
  /** Whether they only change their place on one file system, which takes no room. */
  isMoved: (store: Store) => Promise<boolean>
  put: (store: Store, key: string, options: PutOptions) => Promise<void>
}

/** The tools of a source. `begin` begins a step that writes, as that of the lease does. */
export type Working = {
  lease: Lease
  begin: (next: NextStep) => ReturnType<Lease['begin']>
  tell?: Tell | undefined
}

/** What a kind of transfer adds to the pipeline: it finds its bytes and prepares them. A refusal fails the transfer. */
export type Source = (transfer: Transfer, working: Working) => Promise<Result<SourceBytes>>
