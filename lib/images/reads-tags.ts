import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { Prisma } from '@/lib/db/generated/client'
import type { CustomImageParams } from './schema'
import { readTagFilter } from './schema-tags'

/** The most keys in the filter, values of all keys together, values of each key, and values of the filtered key. */
const [keysShown, valuesShown, valuesOfKey, valuesOfAsked] = [200, 200, 10, 100]

/** The tags of an image `i` as a column. */
export const tagsOfImage = Prisma.sql`(SELECT coalesce(json_agg(json_build_object('key', t.key, 'value', t.value)), '[]')
  FROM "ImageTag" t WHERE t."imageId" = i.id)`

function ownTags({ viewer }: Context, { region }: CustomImageParams): Prisma.Sql {
  return Prisma.sql`t."ownerId" = ${viewer.ownerId} AND t."regionId" = ${region}`
}

/** The condition that an image `i` has the tag of the list's filter. */
export function tagged(ctx: Context, list: CustomImageParams): Prisma.Sql {
  if (!list.tag) return Prisma.empty
  const { key, value } = readTagFilter(list.tag)
  const byValue = value === null ? Prisma.empty : Prisma.sql`AND t.value = ${value}`
  return Prisma.sql`AND EXISTS (SELECT FROM "ImageTag" t
    WHERE ${ownTags(ctx, list)} AND t.key = ${key} ${byValue} AND t."imageId" = i.id)`
}

/**
 * The tags of own images as a column: up to 200 keys, and up to ten values of each, or fewer if there are more than 20 keys.
 * A loose index scan: hops from key to key, and within a key from value to value.
 */
export function tagChoices(ctx: Context, list: CustomImageParams): Prisma.Sql {
  const own = ownTags(ctx, list)
  const asked = list.tag ? readTagFilter(list.tag).key : ''
  return Prisma.sql`(
    WITH RECURSIVE keys(key) AS (
      (SELECT t.key FROM "ImageTag" t WHERE ${own} ORDER BY t.key LIMIT 1)
      UNION ALL
      SELECT following.key FROM keys CROSS JOIN LATERAL
        (SELECT t.key FROM "ImageTag" t WHERE ${own} AND t.key > keys.key ORDER BY t.key LIMIT 1) following
    ), offered AS MATERIALIZED (SELECT key FROM keys LIMIT ${keysShown}),
    share AS (SELECT greatest(1, least(${valuesOfKey}::bigint, ${valuesShown}::bigint / greatest(1, count(*)))) AS most FROM offered)
    SELECT coalesce(json_agg(json_build_object('key', offered.key, 'value', found.value)), '[]')
    FROM offered CROSS JOIN share CROSS JOIN LATERAL (
      WITH RECURSIVE tags(value, nth) AS (
        (SELECT t.value, 1 FROM "ImageTag" t WHERE ${own} AND t.key = offered.key ORDER BY t.value LIMIT 1)
        UNION ALL
        SELECT following.value, tags.nth + 1 FROM tags CROSS JOIN LATERAL
          (SELECT t.value FROM "ImageTag" t WHERE ${own} AND t.key = offered.key AND t.value > tags.value
            ORDER BY t.value LIMIT 1) following
        WHERE tags.nth < CASE WHEN offered.key = ${asked} THEN ${valuesOfAsked}::bigint ELSE share.most END
      ) SELECT value FROM tags
    ) found)`
}
