import { createTranslator } from 'use-intl/core'
import { expect, test } from 'vitest'
import { refusedFamilies } from '@/lib/disks/fixtures/families'
import { volumes } from '@/lib/disks/fixtures/volumes'
import { diskReasons } from '@/lib/disks/reasons'
import en from './en.json'
import zh from './zh.json'

const languages = { en, zh }

/** Facts that select a branch of a sentence. Each value needs its own branch; otherwise people would read a code word. */
const choosing = ['field', 'table', 'problem']

const cases = diskReasons.flatMap((reason) =>
  refusedFamilies.flatMap(({ format, cases }) =>
    (cases[reason] ?? []).map(({ name, facts }) => ({ reason, name, facts: { ...(format && { format }), ...facts } })),
  ),
)

test.each(['en', 'zh'] as const)('every refused disk has a whole sentence: %s', (locale) => {
  const messages = languages[locale]
  const broken: string[] = []
  const translate = createTranslator({
    locale,
    messages,
    timeZone: 'UTC',
    onError: (error) => broken.push(error.message),
  })
  for (const { reason, name, facts } of cases) {
    translate(`disks.${reason}`, facts)
    for (const [fact, value] of Object.entries(facts)) {
      // The `other` branch may show the value itself only for names of formats.
      const isShown = reason !== 'unsupported-format' && messages.disks[reason].includes(`{${fact}}`)
      if (choosing.includes(fact) && isShown && !messages.disks[reason].includes(` ${value} {`)) {
        broken.push(`${reason}, ${name}: ${value}`)
      }
    }
  }
  expect(broken).toEqual([])
})

test.each(['en', 'zh'] as const)('every content of a disk has a name: %s', (locale) => {
  const words = languages[locale].disk.kind
  const unnamed = Object.keys(volumes).filter((kind) => !words.includes(` ${kind.replaceAll('-', '_')} {`))
  expect(unnamed).toEqual([])
})

// A refused disk may be sound, so its owner must not be told to write to it.
test.each(['en', 'zh'] as const)('no advice changes a disk, only a copy of it: %s', (locale) => {
  const { disks, disk } = languages[locale]
  for (const sentence of [...Object.values(disks), disk.unread]) {
    expect(sentence).not.toMatch(/fdisk(?! -l)|gdisk|parted|resize|mkfs|wipefs/)
    if (/check -r|truncate -s/.test(sentence)) expect(sentence).toMatch(/copy|副本/)
  }
})
