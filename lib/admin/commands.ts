import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { commandLine } from '@/lib/command-line'
import { bytesPattern, formatBytes, parseBytes } from '@/lib/format'
import { policyNames } from '@/lib/permissions'
import { type Resource, resourceNames, resources } from '@/lib/quotas/rules'
import { release } from '@/lib/version'
import { addAudit } from './audit-commands'
import { addLedger, addType } from './billing-commands'
import { readPassword } from './password'
import type { DatabaseNeeded, Work } from './run'

// The grammar of the command line. A command's module is loaded once the database is known, because modules read settings
// at import.

type Run = (work: Work, database?: DatabaseNeeded) => Promise<void>

const passwordFromStdin = ['--password-stdin', 'read the password from standard input'] as const

/** Builds the command line; `run` executes a command. Throws commander's error for wrong usage. */
export function buildCommands(run: Run): Command {
  const program = new Command(commandLine)
    .description('The command line of the operator of Open ECS Console.')
    .version(release(), '--version', 'print the version and its commit')
    .option('--json', 'print one JSON value on standard output')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  addAccount(program.command('account').description('master accounts and sub-accounts'), run)
  addSession(program.command('session').description('signed-in browsers'), run)
  addRegion(program.command('region').description('regions of the cloud'), run)
  addQuota(program.command('quota').description('quotas of accounts'), run)
  addType(program.command('type').description('instance types and their prices'), run)
  program
    .command('host')
    .description('hosts that run instances')
    .command('show')
    .description('show the hosts: capacity, use, how they run machines, and whether they are alive')
    .action(() => run(async () => (await import('./host')).showHosts()))
  addLedger(program.command('ledger').description('charges for instances'), run)
  addImage(program.command('image').description('custom images'), run)
  addCheck(program.command('check').description('what was found on the disks of images'), run)
  addShare(program.command('share').description('shares of images'), run)
  addAudit(program.command('audit').description('the audit trail of each account'), run, typed)
  program
    .command('verify')
    .description('check the database and the stored bytes against all rules; changes nothing')
    .option('--no-content', 'compare the sizes of stored files only, not their content')
    .action((options: { content: boolean }) =>
      run(async (signal) => {
        const { showFindings } = await import('./verify')
        return await showFindings({ content: options.content, signal }, program.opts().json === true)
      }),
    )
  program
    .command('gc')
    .description('remove stored bytes that nothing has referred to for a day')
    .option('--force', 'also from a store that the database knows nothing about')
    .option('--staging', 'only files in the staging folder that are unchanged for two days; works without the database')
    .action((options: { force?: true; staging?: true }) =>
      run(
        async () => {
          const { clearStaging, collectGarbage } = await import('./gc')
          const now = new Date()
          return await (options.staging ? clearStaging(now) : collectGarbage({ forced: options.force === true, now }))
        },
        options.staging ? 'none' : 'there',
      ),
    )
  addBackup(program, run)
  return program
}

function typed(file: string): string {
  return path.resolve(process.env.INIT_CWD ?? '', file)
}

function addBackup(program: Command, run: Run): void {
  program
    .command('backup <folder>')
    .description('back up the database, the bytes of all images, and disks of stopped instances; the console may run')
    .action((folder: string) => run(async (signal) => (await import('./backup')).backUp(typed(folder), signal)))
  program
    .command('restore <folder>')
    .description(
      'restore a backup into an empty database, its stores and the disks of instances; the console must not run',
    )
    .option('--force-empty', 'delete everything that the database has')
    .action((folder: string, options: { forceEmpty?: true }) => {
      const isForced = options.forceEmpty === true
      return run(async (signal) => (await import('./restore')).restore(typed(folder), { isForced, signal }), 'new')
    })
}

type CreateOptions = { kind: 'master' | 'sub'; master?: string; displayName?: string; email: string }

function addAccount(account: Command, run: Run): void {
  account
    .command('create <username>')
    .description('create a master account, or a sub-account with --kind sub')
    .addOption(new Option('--kind <kind>', 'what to create').choices(['master', 'sub']).default('master'))
    .option('--master <username>', 'the master account of a sub-account')
    .option('--display-name <text>', 'its display name (default: the username)')
    .option('--email <address>', 'its e-mail address', '')
    .requiredOption(...passwordFromStdin)
    .action(async (login: string, options: CreateOptions, command: Command) => {
      const { kind, master = null, displayName = null, email } = options
      if (kind === 'sub' && master === null) command.error('error: --kind sub needs --master <username>')
      if (kind === 'master' && master !== null) command.error('error: --master is for --kind sub only')
      const words = { login, master, displayName, email, password: await readPassword() }
      await run(async () => (await import('./account')).addAccount(words))
    })
  account
    .command('list')
    .description('list all accounts')
    .action(() => run(async () => (await import('./account')).showAccounts()))
  account
    .command('policies <sub-account> [policies...]')
    .description(
      `replace the policies of a sub-account; of ${policyNames.join(', ')}; <policy>=<region>,<region> for named regions`,
    )
    .action((name: string, policies: string[]) =>
      run(async () => (await import('./account')).replacePolicies(name, policies)),
    )
  account
    .command('disable <username>')
    .description('disable an account and end its sessions; a master with its sub-accounts')
    .action((name: string) => run(async () => (await import('./account')).switchAccount(name, true)))
  account
    .command('enable <username>')
    .description('enable a disabled account')
    .action((name: string) => run(async () => (await import('./account')).switchAccount(name, false)))
  account
    .command('password <username>')
    .description('set the password of an account and end its sessions')
    .requiredOption(...passwordFromStdin)
    .action(async (name: string) => {
      const password = await readPassword()
      await run(async () => (await import('./account')).resetPassword(name, password))
    })
}

function addSession(session: Command, run: Run): void {
  session
    .command('end <username>')
    .description('end all sessions of an account')
    .action((name: string) => run(async () => (await import('./session')).endSessionsOf(name)))
}

function addRegion(region: Command, run: Run): void {
  region
    .command('add <id> <name>')
    .description('add a region; it is never removed')
    .option('--name-zh <name>', 'its name in Chinese (default: the name)')
    .action((id: string, name: string, options: { nameZh?: string }) =>
      run(async () => (await import('./region')).addRegion(id, name, options.nameZh)),
    )
  region
    .command('rename <id>')
    .description('rename a region')
    .option('--name <name>', 'its name')
    .option('--name-zh <name>', 'its name in Chinese; an empty one removes it')
    .action((id: string, names: { name?: string; nameZh?: string }, command: Command) => {
      if (Object.keys(names).length === 0) command.error('error: give --name <name>, --name-zh <name> or both')
      return run(async () => (await import('./region')).changeRegionNames(id, names))
    })
  region
    .command('list')
    .description('list all regions')
    .action(() => run(async () => (await import('./region')).showRegions()))
}

function addQuota(quota: Command, run: Run): void {
  const set = quota
    .command('set')
    .description('set the image quota of an account in a region, and with options its other quotas')
    .argument('<username>')
    .argument('<region>')
    .argument(
      '<images>',
      `0 to ${resources.images.max}; to change another quota alone, repeat what quota show says`,
      toAmount('images'),
    )
    .option('--force', 'also below the current use: nothing is removed, and nothing new is accepted')
  const others = resourceNames.filter((name) => name !== 'images')
  for (const name of others) {
    const isBytes = resources[name].unit === 'bytes'
    const most = `0 to ${amountOf(name, resources[name].max)}`
    const text = isBytes ? 'its quota of bytes, such as 500GiB' : `its quota of ${name}`
    set.option(`--${name} ${isBytes ? '<size>' : '<number>'}`, `${text}, ${most}`, toAmount(name))
  }
  set.action((username: string, region: string, images: number, options: QuotaOptions) => {
    const { force, ...amounts } = options
    const change = { username, region, amounts: { ...amounts, images }, forced: force === true }
    return run(async () => (await import('./quota')).changeQuotas(change))
  })
  quota
    .command('show <username>')
    .description('show the quotas of an account and their use')
    .action((name: string) => run(async () => (await import('./quota')).showQuotas(name)))
}

type QuotaOptions = Partial<Record<Resource, number>> & { force?: true }

function toAmount(name: Resource): (typed: string) => number {
  const { unit, max } = resources[name]
  return (typed) => {
    const isSize = unit === 'bytes' && bytesPattern.test(typed)
    const amount = isSize ? parseBytes(typed) : /^\d+$/.test(typed) ? Number(typed) : Number.NaN
    if (amount <= max) return amount
    const wanted = unit === 'bytes' ? 'a size such as 500GiB,' : 'a whole number from 0 to'
    throw new InvalidArgumentError(`Give ${wanted} ${amountOf(name, max)}${unit === 'bytes' ? ' at most' : ''}.`)
  }
}

function amountOf(name: Resource, amount: number): string {
  return resources[name].unit === 'bytes' ? formatBytes(amount, 'en') : String(amount)
}

type ImportOptions = { account: string; region: string; name: string; os: string }

function addImage(image: Command, run: Run): void {
  image
    .command('import <file>')
    .description('import a disk file (qcow2, raw, vmdk, vhd, vhdx, vdi, iso) as a custom image')
    .requiredOption('--account <username>', 'the master account that owns it')
    .requiredOption('--region <id>', 'the region of the image')
    .requiredOption('--name <name>', 'the name of the image')
    .requiredOption('--os <text>', 'the operating system on the disk')
    .action((file: string, options: ImportOptions) => {
      const { account, region, name, os } = options
      const image = { account, region, name, os }
      return run(async (signal) => (await import('./image')).importFile({ ...image, file: typed(file) }, signal))
    })
  image
    .command('list')
    .description('list the images of an account')
    .requiredOption('--account <username>', 'the master account that owns them')
    .action((options: { account: string }) => run(async () => (await import('./image')).showImages(options.account)))
  image
    .command('check <id>')
    .description('check the disk of an image for keys, passwords and other private data')
    .option('--deep', 'also look for deleted data')
    .option('--wait', 'wait for the verdict; exit code 1 for findings of high severity or above, and for no verdict')
    .action((id: string, options: { deep?: true; wait?: true }) => {
      const how = { isDeep: options.deep === true, isWaiting: options.wait === true }
      return run(async (signal) => (await import('./check')).checkImage(id, { ...how, signal }))
    })
  image
    .command('delete <id>')
    .description('move an image into the recycle bin of its owner')
    .option('--cancel-shares', 'cancel its shares in the same step')
    .option('--for-good', 'delete it and its bytes for good, also from the recycle bin')
    .action((id: string, options: { cancelShares?: true; forGood?: true }) => {
      const how = { cancelShares: options.cancelShares === true, isForGood: options.forGood === true }
      return run(async () => (await import('./image')).removeImageNow(id, how))
    })
}

function addCheck(check: Command, run: Run): void {
  check
    .command('list')
    .description('list the verdicts on all available images, the gravest first')
    .action(() => run(async () => (await import('./check')).showChecks()))
  check
    .command('prepare')
    .description('fetch the kernel of the machine that reads XFS and Btrfs, from the package sources of this Debian')
    .action(() => run(async () => (await import('./check')).prepareChecks(), 'none'))
}

function addShare(share: Command, run: Run): void {
  share
    .command('list')
    .description('list the shares of an image')
    .requiredOption('--image <id>', 'the image')
    .action((options: { image: string }) => run(async () => (await import('./share')).showShares(options.image)))
  share
    .command('cancel <shareId>')
    .description('cancel one share')
    .action((id: string) => run(async () => (await import('./share')).endShare(id)))
}
