import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { changesOf } from '@/lib/events/rules'
import { recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { byKey, mergeTags, refuseTags, type Tag, tagText } from './rules'
import type { SetTagsInput } from './schema-tags'

/**
 * Rule 34: applies a form's changes to the tags of an own image; tags that others have set meanwhile stay. Without a change nothing is
 * recorded. Refuses as `onOwnImage` and `refuseTags` say.
 */
export async function setImageTags(
  ctx: Context,
  { region, imageId, shown, tags: asked }: SetTagsInput,
): Promise<Result<{ imageId: string }, OwnImageRefusal | RefusalOf<'IMAGE_BUSY' | 'IMAGE_TAGS_FULL'>>> {
  return await onOwnImage(ctx, { region, imageId }, async (tx, { image }) => {
    const before = await tx.imageTag.findMany({ where: { imageId }, select: { key: true, value: true } })
    const after = mergeTags(before, { shown, asked })
    const refusal = refuseTags(image, after, { shown, asked })
    if (refusal) return refuse(refusal)
    const details = changesOf(textOf(before), textOf(after))
    if (Object.keys(details.after).length === 0) return ok({ imageId })
    const { ownerId, regionId } = image
    const gone = without(before, after).map(({ key }) => key)
    await tx.imageTag.deleteMany({ where: { imageId, key: { in: gone } } })
    const set = without(after, before)
    await tx.imageTag.createMany({ data: set.map((tag) => ({ imageId, ownerId, regionId, ...tag })) })
    await tx.image.update({ where: { id: imageId }, data: { updatedAt: ctx.now } })
    await recordEvents(tx, ctx, [{ action: 'image.tag', regionId, image, details }])
    return ok({ imageId })
  })
}

function without(tags: Tag[], others: Tag[]): Tag[] {
  return tags.filter(({ key, value }) => !others.some((other) => other.key === key && other.value === value))
}

/** An image's tags as its events record them. */
function textOf(tags: Tag[]) {
  return { tags: tags.toSorted(byKey).map(tagText).join(', ') }
}
