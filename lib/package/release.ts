/** Why the commit that is packed is no release of that tag; null when it is one. */
export function refuseRelease(tag: string, version: string, commit: string): string | null {
  if (tag !== `v${version}`) return `The tag is ${tag}, and package.json says ${version}.`
  if (commit.endsWith('-dirty')) return `The files are not those of commit ${commit.replace('-dirty', '')}.`
  return null
}

/** What CHANGELOG.md says of a release, without its heading. Throws when it says nothing. */
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

/** The version in the name of an archive. Outside a release it has the commit, so that two of them unpack side by side. */
export function archiveVersion(version: string, commit: string, isRelease: boolean): string {
  return isRelease ? version : `${version}+${commit}`
}
