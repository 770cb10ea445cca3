import 'server-only'
import { env } from '@/lib/env'
import type { Store } from './contract'
import { FolderStore } from './folder'
import { S3Store } from './s3'
import { storeSettings } from './settings'

const stores = new Map<string, Store>()

/** The store of a region: set by `ECS_STORE_<REGION>`, by default a folder in the data folder. */
export function storeOf(regionId: string): Store {
  const known = stores.get(regionId)
  if (known) return known
  const { ECS_DATA_DIR, ECS_STORE_RESERVE } = env()
  const settings = storeSettings(regionId, ECS_DATA_DIR)
  const store =
    settings.kind === 's3' ? new S3Store(settings) : new FolderStore({ ...settings, reserveMin: ECS_STORE_RESERVE })
  stores.set(regionId, store)
  return store
}
