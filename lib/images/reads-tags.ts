import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { Prisma } from '@/lib/db/generated/client'
import type { CustomImageParams } from './schema'
import { readTagFilter } from './schema-tags'

/** Values of each key that a filter offers, and of the key that is asked for. */
const [valuesShown, valuesOfAsked] = [10, 100]

const tagsShown = 200

/** The tags of an image `i` as a column. */
export const tagsOfImage = Prisma.sql`(SELECT coalesce(json_agg(json_build_object('key', t.key, 'value', t.value)), '[]')
  FROM "ImageTag" t WHERE t."imageId" = i.id)`

function ownTags({ viewer }: Context, { region }: CustomImageParams): Prisma.Sql {
  return Prisma.sql`t."ownerId" = ${viewer.ownerId} AND t."regionId" = ${region}`
}

/** The condition that an image `i` has the tag that a list asks for. */
export function tagged(ctx: Context, list: CustomImageParams): Prisma.Sql {
  if (!list.tag) return Prisma.empty
  const { key, value } = readTagFilter(list.tag)
  const byValue = value === null ? Prisma.empty : Prisma.sql`AND t.value = ${value}`
  return Prisma.sql`AND EXISTS (SELECT FROM "ImageTag" t
    WHERE ${ownTags(ctx, list)} AND t.key = ${key} ${byValue} AND t."imageId" = i.id)`
}

/**
 * The tags of own images as a column: every key, and of each a few values. Hops through the index, from a value to the next one or to
 * the next key.
 */
export function tagChoices(ctx: Context, list: CustomImageParams): Prisma.Sql {
  const own = ownTags(ctx, list)
  const asked = list.tag ? readTagFilter(list.tag).key : ''
  return Prisma.sql`(
    WITH RECURSIVE tags(key, value, nth) AS (
      (SELECT t.key, t.value, 1 FROM "ImageTag" t WHERE ${own} ORDER BY t.key, t.value LIMIT 1)
      UNION ALL
      SELECT found.key, found.value, found.nth FROM tags CROSS JOIN LATERAL (
        (SELECT t.key, t.value, tags.nth + 1 AS nth FROM "ImageTag" t
          WHERE ${own} AND t.key = tags.key AND t.value > tags.value
            AND tags.nth < CASE WHEN tags.key = ${asked} THEN ${valuesOfAsked}::int ELSE ${valuesShown}::int END
          ORDER BY t.value LIMIT 1)
        UNION ALL
        (SELECT t.key, t.value, 1 FROM "ImageTag" t WHERE ${own} AND t.key > tags.key ORDER BY t.key, t.value LIMIT 1)
        ORDER BY nth DESC LIMIT 1
      ) found
    ) SELECT coalesce(json_agg(json_build_object('key', key, 'value', value)), '[]')
    FROM (SELECT key, value FROM tags LIMIT ${tagsShown}) shown)`
}
