import type { Argument, Command, Option } from 'commander'
import { buildCommands } from '@/lib/admin/commands'
import { uncheckedReasons } from '@/lib/disks/check/report'
import en from '@/lib/messages/en.json'
import { statuses } from '@/lib/status'
import { describeMessage, selectBranches } from './message'
import { type Setting, settingGroups } from './settings'

/** The documents that are generated from the code, by their paths from the root. `npm run docs` writes them. */
export function generatedDocuments(): Record<string, string> {
  return {
    'docs/admin.md': adminDocument(),
    'docs/settings.md': settingsDocument(),
    'docs/codes.md': codesDocument(),
    '.env.example': exampleEnvironment(),
  }
}

const origin = (from: string) => `<!-- Generated from ${from} by \`npm run docs\`. -->`

function adminDocument(): string {
  const program = buildCommands(async () => {})
  const commands = program.commands.flatMap((group) => (group.commands.length > 0 ? group.commands : [group]))
  return `${origin('the help of the command line, lib/admin/commands.ts,')}
# The operator's command line

\`npm run admin -- <command>\` in a clone, \`ecs-console <command>\` in a package, as the user of the services. It works while the
console runs, and finds the embedded database by itself. \`--json\` prints one JSON value on standard output; \`--help\` after any
command prints what stands here; \`--version\` prints the version and its commit. In a clone npm prints a heading before it, so a
program that reads the output runs \`npm run --silent admin -- … --json\`.
Exit code 0: done. 1: refused, or a fault, with the reason on standard error ([codes.md](codes.md)). 2: wrong usage.

${table(
  ['command', 'does'],
  commands.map((command) => [
    `[\`${wordsOf(command)}\`](#${anchorOf(wordsOf(command))})`,
    escaped(command.description()),
  ]),
)}

Three more words of \`ecs-console\`, which is \`bin/ecs-console\` in the folder of a package, run the console itself:

${table(
  ['word', 'does'],
  [
    [
      '`server`',
      'runs the server, and a worker unless `ECS_WORKER=off`, until it is told to end: `npm start` of a clone',
    ],
    ['`worker`', 'runs a worker until it is told to end: `npm run worker` of a clone'],
    ['`migrate`', 'applies the migrations that the database of `DATABASE_URL` lacks; the start does so by itself'],
  ],
)}

${commands.map(describeCommand).join('\n\n')}
`
}

/** The words of a command after the program's name, such as `image import`. */
function wordsOf(command: Command): string {
  const parent = command.parent
  return parent?.parent ? `${parent.name()} ${command.name()}` : command.name()
}

const anchorOf = (words: string) => words.replaceAll(' ', '-')

function describeCommand(command: Command): string {
  const words = wordsOf(command)
  const named = command.registeredArguments
  const usage = [words, ...named.map(argumentName), ...(command.options.length > 0 ? ['[options]'] : [])].join(' ')
  const described = named.filter(({ description }) => description)
  const rows = [
    ...described.map((argument) => [`\`${argumentName(argument)}\``, escaped(argument.description)]),
    ...command.options.map((option) => [`\`${option.flags}\``, escaped(describeOption(option))]),
  ]
  const details = rows.length > 0 ? `\n\n${table(['', 'means'], rows)}` : ''
  return `## ${words}\n\n\`${usage}\`: ${escaped(command.description())}.${details}`
}

const argumentName = (argument: Argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`)

/** Escapes text for Markdown, where an angle bracket would start a tag. */
const escaped = (text: string) => text.replaceAll('<', '\\<')

function describeOption({ description, mandatory, argChoices, defaultValue }: Option): string {
  const notes = [
    ...(argChoices ? [argChoices.join(' or ')] : []),
    ...(defaultValue ? [`default ${String(defaultValue)}`] : []),
    ...(mandatory && !defaultValue ? ['required'] : []),
  ]
  return notes.length > 0 ? `${description} (${notes.join('; ')})` : description
}

function settingsDocument(): string {
  const groups = settingGroups.map(({ title, settings }) => {
    const rows = Object.entries(settings).map(([name, setting]) => [`\`${name}\``, defaultOf(setting), setting.means])
    return `## ${title}\n\n${table(['variable', 'default', 'means'], rows)}`
  })
  return `${origin('lib/documents/settings.ts')}
# Settings

All settings are environment variables, read at the start, also from a file \`.env\` in the working directory and the file of
\`ECS_ENV_FILE\`; \`.env.example\` is one to start from. Restart server and worker after a change. A value that cannot be right ends the
start and names the variable. \`npm start\` with the embedded database needs none. [testing.md](testing.md#variables-of-tests) has those that
only tests read. Sizes are written \`64MiB\` or \`2GiB\`, times \`90s\`, \`30m\`, \`12h\` or \`7d\`.

${groups.join('\n\n')}
`
}

function defaultOf({ default: value, otherwise }: Setting): string {
  return [...(value === null ? [] : [`\`${value}\``]), ...(otherwise ? [otherwise] : [])].join('; ')
}

function exampleEnvironment(): string {
  const groups = settingGroups.flatMap(({ title, settings }) => {
    const inFile = Object.entries(settings).filter(([, setting]) => !setting.notInFile)
    const lines = inFile.flatMap(([name, setting]) => [
      ...wrapped(setting.means.replaceAll('`', ''), 116).map((line) => `# ${line}`),
      `#${name.replace('<REGION>', 'CN_SHANGHAI')}=${setting.default ?? setting.example ?? ''}`,
    ])
    return lines.length > 0 ? [`# ${title}\n\n${lines.join('\n')}`] : []
  })
  return `# Settings of Open ECS Console, generated by \`npm run docs\`. Copy to .env and remove the # before what you change;
# npm start, npm run worker and npm run admin read it. Defaults, and examples where there is no default: see docs/settings.md.

${groups.join('\n\n')}
`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function codesDocument(): string {
  const sentences: Record<string, string> = en.refusals
  const refusals = Object.entries(statuses).map(([code, status]) => [
    `\`${code}\``,
    String(status),
    meaningOf(sentences[code === 'FAULT' ? 'FAULT_REFERENCE' : code] ?? ''),
  ])
  const listOf = (messages: Record<string, string>) =>
    table(
      ['code', 'means'],
      Object.entries(messages).map(([code, message]) => [`\`${code}\``, meaningOf(message)]),
    )
  return `${origin('lib/status.ts and lib/messages/en.json')}
# Codes

What each code means, in the words of the console; ‹…› stands for what the answer fills in. Where a sentence has several forms, the
others follow it, each behind the value that it is for. [rules.md](rules.md) has the rules behind them, and
[operations.md](operations.md#when-something-is-wrong) what an operator does about faults.

## Refusals

The answer of an operation: actions carry it in the form's answer, routes under \`/api\` as JSON with the HTTP status, the command line as its
sentence with exit code 1. Nothing was done. A fault carries a reference, which is in the log.

${table(['code', 'HTTP', 'means'], refusals)}

## Failed images

Why an import or a copy ended in the state Failed.

${listOf(en.failures)}

## Refused disks

The reason that \`DISK_REFUSED\` carries.

${listOf(en.disks)}

## Disks that were not checked

Why a disk has the verdict "Could not be checked", or one of its partitions was not looked at; \`check list\` and the reports show it.
[disk-check.md](disk-check.md) says what a check reads.

${listOf(uncheckedMeanings())}

## Instances

Why an instance failed, waits or was stopped.

${listOf(en.instanceReasons)}

## Failed snapshots

${listOf(en.snapshotFailures)}
`
}

/** A message as a table cell: its usual form, then the others, one per line. */
function meaningOf(message: string): string {
  const { text, instead } = describeMessage(message)
  return [text, ...instead].join('<br>')
}

function uncheckedMeanings(): Record<string, string> {
  const meanings = selectBranches(en.check.line.unchecked)
  return Object.fromEntries(uncheckedReasons.map((reason) => [reason, meanings.get(reason) ?? '']))
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
