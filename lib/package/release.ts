/** Why a commit is not the release of a tag; null if it is. */
export function refuseRelease(tag: string, version: string, commit: string): string | null {
  if (tag !== `v${version}`) return `The tag is ${tag}, and package.json says ${version}.`
  if (commit.endsWith('-dirty')) return `The files are not those of commit ${commit.replace('-dirty', '')}.`
  return null
}

/** The section of a release in CHANGELOG.md, without its heading. Throws if it is empty. */
export function notesOf(changelog: string, version: string): string {
  const parts = changelog.split(/^## /m)
  const notes = parts.find((part) => part.startsWith(`[${version}]`))
  const text = notes
    ?.slice(notes.indexOf('\n'))
    .replace(/^\[[^\]]+\]: .*$/gm, '')
    .trim()
  if (!text) throw new Error(`CHANGELOG.md has no part [${version}].`)
  return `${text}\n`
}

/** The version in an archive's name. Outside a release it includes the commit, so that two can be unpacked side by side. */
export function archiveVersion(version: string, commit: string, isRelease: boolean): string {
  return isRelease ? version : `${version}+${commit}`
}
