import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import { type ContentMatch, isReal } from './content-rules'
import { stars } from './content-tests'

// The profiler keeps a mark for every rule and file and searches all of them for each, so many files take minutes. The next major
// version fixes this, and needs a newer Node.
secretLintProfiler.mark = () => {}

const rules = [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }]

/** Searches a text with secretlint's recommended preset. Some of its rules use `path`. */
export async function lintText(path: string, content: string): Promise<ContentMatch[]> {
  const { messages } = await lintSource({
    source: { content, filePath: `/${path}`, ext: /\.\w+$/.exec(path)?.[0] ?? '', contentType: 'text' },
    options: { config: { rules }, maskSecrets: true, noPhysicFilePath: true },
  })
  const real = messages.filter(({ range }) => isReal(content.slice(...range)))
  return real.map(({ ruleId, loc, range }) => ({
    rule: 'service-token',
    severity: 'high',
    line: loc.start.line,
    index: range[0],
    // Only the rule's name: the message quotes the finding, and the text around it is not masked.
    masked: `${ruleId.replace('@secretlint/secretlint-rule-', '')} ${stars}`,
  }))
}
