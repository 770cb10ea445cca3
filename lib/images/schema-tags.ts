import { z } from 'zod'
import { imageId, regionId, searchText, text } from '@/lib/fields'
import { foldName, isPlainTag, type Tag, tagKeyMax, tagText, tagValueMax } from './rules'

/** Tags as typed, one per line; without "=" the value is empty. A repeated tag counts once. */
export function splitTags(typed: string): Tag[] {
  const tags = typed.split(/\r\n?|\n/).flatMap((line) => {
    if (!foldName(line)) return []
    const [key = '', ...value] = line.split('=')
    return [{ key: foldName(key), value: foldName(value.join('=')) }]
  })
  return [...new Map(tags.map((tag) => [tagText(tag), tag])).values()]
}

/** A form's tags, one per line. */
const typedTags = text(8_192).transform(splitTags)

const tag = z
  .object({
    key: z.string().min(1, 'no-key').max(tagKeyMax, 'too-long'),
    value: z.string().max(tagValueMax, 'too-long'),
  })
  .refine(isPlainTag, 'tag-characters')

/** `shown`: the form's initial tags, so that it changes no others. */
export const setTagsInput = z.object({
  region: regionId,
  imageId,
  shown: typedTags.default([]),
  tags: typedTags
    .pipe(z.array(tag))
    .refine((tags) => new Set(tags.map(({ key }) => key)).size === tags.length, 'key-twice'),
})
export type SetTagsInput = z.infer<typeof setTagsInput>

/** A list's filter from its URL: a key, or a key, "=" and a value. */
export const tagFilter = searchText(tagKeyMax + 1 + tagValueMax)
  .optional()
  .catch(undefined)

/** The parts of a filter; `value` is null if any value matches. */
export function readTagFilter(filter: string): { key: string; value: string | null } {
  const [asked] = splitTags(filter)
  return { key: asked?.key ?? '', value: filter.includes('=') ? (asked?.value ?? '') : null }
}
