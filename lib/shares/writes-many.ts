import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { type RefusalOf, type Result, refuse } from '@/lib/result'
import type { ImageShare, ShareImagesInput } from './schema'
import { type ShareTried, shareAll } from './writes'

/**
 * Shares several own images of a region with the same usernames as `shareImage` does, all or none. A refusal of one image is
 * returned with its name as SELECTED_REFUSED; a refusal that concerns all, as `shareImage` returns it.
 */
export async function shareImages(
  ctx: Context,
  input: ShareImagesInput,
): Promise<Result<ImageShare[], ShareTried | RefusalOf<'SELECTED_REFUSED'>>> {
  const shared = await shareAll(ctx, input)
  if (shared.ok) return shared
  const { image, refusal } = shared
  return refuse(image ? { code: 'SELECTED_REFUSED', image: image.name, why: refusal } : refusal)
}
