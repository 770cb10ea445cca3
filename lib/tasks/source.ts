import type { DiskContent } from '@/lib/blobs/rules'
import type { DiskLayout } from '@/lib/disks/layout'
import type { Result } from '@/lib/result'
import type { PutOptions, Store } from '@/lib/stores/contract'
import type { Transfer } from '@/lib/transfers/reads'
import type { NextStep } from '@/lib/transfers/writes'
import type { Lease } from './lease'

export type Stage = 'receiving' | 'checking' | 'converting' | 'storing'
export type Tell = (done: number, total: number | undefined, stage: Stage) => void

export type SourceBytes = {
  content: DiskContent
  isNormalised?: boolean
  /** Partitions and file systems; called only if the store does not have these bytes yet. */
  layout: () => Promise<DiskLayout | null>
  /** Whether `put` only renames a file within one file system, which needs no space. */
  isMoved: (store: Store) => Promise<boolean>
  put: (store: Store, key: string, options: PutOptions) => Promise<void>
}

export type Working = {
  lease: Lease
  begin: (next: NextStep) => ReturnType<Lease['begin']>
  tell?: Tell | undefined
}

export type Source = (transfer: Transfer, working: Working) => Promise<Result<SourceBytes>>
