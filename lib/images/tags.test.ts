import { expect, test } from 'vitest'
import { isPlainTag, mergeTags, refuseTags, type Tag, tagsMax, tagText } from './rules'
import { customImageParams } from './schema'
import { readTagFilter, setTagsInput, splitTags } from './schema-tags'

const image = { region: 'cn-aa', imageId: 'img-0000000000' }
const parse = (tags: string) => setTagsInput.safeParse({ ...image, tags })
const problems = (tags: string) => parse(tags).error?.issues.map(({ path, message }) => [path[0], message])
const tags = (...texts: string[]) => splitTags(texts.join('\n'))
const sorted = (found: Tag[]) => found.map(tagText).sort()

test('tags are one per line, the first = ends a key, and surrounding space is dropped', () => {
  const typed = ' env = prod \r\n\nteam=web\rcost=\nlegacy\nurl=https://a.b/c=d\nteam=web\n'
  expect(splitTags(typed)).toEqual([
    { key: 'env', value: 'prod' },
    { key: 'team', value: 'web' },
    { key: 'cost', value: '' },
    { key: 'legacy', value: '' },
    { key: 'url', value: 'https://a.b/c=d' },
  ])
})

test('a key has 1 to 64 characters and a value up to 128, none of them misleading', () => {
  for (const good of [
    '',
    'a',
    `${'k'.repeat(64)}=${'v'.repeat(128)}`,
    '环境=生产',
    'Env=a\nenv=a',
    'a:b/c@d+(e).f_g-h=i=j',
  ])
    expect(problems(good), good).toBeUndefined()
  expect(problems(`${'k'.repeat(65)}=v`)).toEqual([['tags', 'too-long']])
  expect(problems(`k=${'v'.repeat(129)}`)).toEqual([['tags', 'too-long']])
  expect(problems('=prod')).toEqual([['tags', 'no-key']])
  expect(problems('env=prod\nenv=dev')).toEqual([['tags', 'key-twice']])
  for (const bad of ['a,b=c', 'a=b,c', 'a=<b>', 'a=😀', 'a=x\u202Ey', 'a\u0000=b', 'a=1\u{FE0F}'])
    expect(problems(bad), bad).toEqual([['tags', 'tag-characters']])
  expect(isPlainTag({ key: 'a', value: '' })).toBe(true)
})

test("the form's initial tags are read unchanged, so that a tag of an older console can be removed", () => {
  expect(setTagsInput.parse({ ...image, shown: 'a,b=c', tags: '' })).toMatchObject({
    shown: [{ key: 'a,b', value: 'c' }],
    tags: [],
  })
})

test('a form applies only its own changes, and tags that others have set meanwhile stay', () => {
  const merged = (now: string[], shown: string[], asked: string[]) =>
    sorted(mergeTags(tags(...now), { shown: tags(...shown), asked: tags(...asked) }))
  expect(merged([], [], ['env=prod'])).toEqual(['env=prod'])
  expect(merged(['env=dev'], ['env=dev'], ['env=prod', 'team=web'])).toEqual(['env=prod', 'team=web'])
  expect(merged(['env=dev', 'team=web'], ['env=dev', 'team=web'], ['team=web'])).toEqual(['team=web'])
  // In the meantime somebody else has added cost, changed env and removed team.
  expect(merged(['env=test', 'cost=7'], ['env=dev', 'team=web'], ['env=dev', 'team=web'])).toEqual([
    'cost=7',
    'env=test',
  ])
  expect(merged(['env=test', 'cost=7'], ['env=dev', 'team=web'], ['env=prod'])).toEqual(['cost=7', 'env=prod'])
  expect(merged(['env=test', 'cost=7'], ['env=dev'], [])).toEqual(['cost=7'])
  expect(merged(['cost=7'], [], ['cost=8'])).toEqual(['cost=8'])
})

test('an image that can be edited has at most 20 tags', () => {
  const some = (count: number) => tags(...Array.from({ length: count }, (_, number) => `key${number}=v`))
  const form = { shown: some(5), asked: some(tagsMax + 1) }
  expect(refuseTags({ state: 'available' }, some(tagsMax), form)).toBeNull()
  const full = { code: 'IMAGE_TAGS_FULL', max: 20, tags: 21 }
  expect(refuseTags({ state: 'available' }, some(tagsMax + 1), form)).toEqual({ ...full, added: 0, keys: '' })
  // Not the form's own new tag, and not one of its tags whose value others have changed.
  const after = [...some(19).slice(1), ...tags('zone=a', 'key0=new', 'cost=7')]
  expect(refuseTags({ state: 'available' }, after, { shown: some(5), asked: some(19) })).toEqual({
    ...full,
    added: 2,
    keys: 'cost, zone',
  })
  expect(refuseTags({ state: 'deleted' }, some(21), form)).toEqual({ code: 'IMAGE_BUSY', state: 'deleted' })
})

test('a filter is a key, or a key and one value, which may be empty', () => {
  expect(readTagFilter('env')).toEqual({ key: 'env', value: null })
  expect(readTagFilter('env=')).toEqual({ key: 'env', value: '' })
  expect(readTagFilter('env = a=b')).toEqual({ key: 'env', value: 'a=b' })
  expect(readTagFilter('=')).toEqual({ key: '', value: '' })
  const { tag } = customImageParams.parse({ region: 'cn-aa', tag: 'x'.repeat(200) })
  expect(tag).toBeUndefined()
})
