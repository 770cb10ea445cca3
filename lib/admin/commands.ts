import { Command, InvalidArgumentError, Option } from 'commander'
import { bytesPattern, formatBytes, parseBytes } from '@/lib/format'
import { type Resource, resourceNames, resources } from '@/lib/quotas/rules'
import { version } from '@/lib/version'
import { addLedger, addType } from './billing-commands'
import { readPassword } from './password'
import type { DatabaseNeeded, Work } from './run'

// The grammar of the command line. What a command does stands in the file of its noun, which is loaded only once the
// database is known.

type Run = (work: Work, database?: DatabaseNeeded) => Promise<void>

const passwordFromStdin = ['--password-stdin', 'read the password from standard input'] as const

/** The command line, with `run` for what a command does. Wrong usage is thrown as commander's error. */
export function buildCommands(run: Run): Command {
  const program = new Command('npm run admin --')
    .description('What the operator of Open ECS Console does: accounts, regions, quotas, images, shares.')
    .version(version, '--version', 'print the release')
    .option('--json', 'print one JSON value on standard output')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  addAccount(program.command('account').description('master accounts and sub-accounts'), run)
  addSession(program.command('session').description('signed-in browsers'), run)
  addRegion(program.command('region').description('places with images of their own'), run)
  addQuota(program.command('quota').description('how much an account may have'), run)
  addType(program.command('type').description('instance types and their prices'), run)
  program
    .command('host')
    .description('the computers that run instances')
    .command('show')
    .description('what each has, how it runs machines, what is taken of it, and whether it is alive')
    .action(() => run(async () => (await import('./host')).showHosts()))
  addLedger(program.command('ledger').description('what instances were charged'), run)
  addImage(program.command('image').description('custom images'), run)
  addShare(program.command('share').description('who an image is lent to'), run)
  program
    .command('verify')
    .description('check every rule, counter and stored file; changes nothing')
    .option('--no-content', 'compare sizes of files, not their content')
    .action((options: { content: boolean }) =>
      run(async (signal) => {
        const { showFindings } = await import('./verify')
        return await showFindings({ content: options.content, signal }, program.opts().json === true)
      }),
    )
  program
    .command('gc')
    .description('remove stored bytes older than a day that nothing refers to')
    .option('--force', 'also from a store of which the database knows nothing')
    .option('--staging', 'the staging folder alone, without the database: what nobody has written to for two days')
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

function addBackup(program: Command, run: Run): void {
  program
    .command('backup <folder>')
    .description('back up the database and the bytes of all images; the console may run')
    .action((folder: string) => run(async (signal) => (await import('./backup')).backUp(folder, signal)))
  program
    .command('restore <folder>')
    .description('restore a backup into an empty database and into its stores; the console must not run')
    .option('--force-empty', 'give up everything that the database has')
    .action((folder: string, options: { forceEmpty?: true }) => {
      const isForced = options.forceEmpty === true
      return run(async (signal) => (await import('./restore')).restore(folder, { isForced, signal }), 'new')
    })
}

type CreateOptions = { kind: 'master' | 'sub'; master?: string; displayName?: string; email: string }

function addAccount(account: Command, run: Run): void {
  account
    .command('create <username>')
    .description('create a master account, or with --kind sub <username>@<master>')
    .addOption(new Option('--kind <kind>', 'what to create').choices(['master', 'sub']).default('master'))
    .option('--master <username>', 'the master account of a sub-account')
    .option('--display-name <text>', 'the name that people read (default: the username)')
    .option('--email <address>', 'the address of whoever holds the account', '')
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
    .command('disable <username>')
    .description('sign an account out and keep it out; with a master its sub-accounts')
    .action((name: string) => run(async () => (await import('./account')).switchAccount(name, true)))
  account
    .command('enable <username>')
    .description('let an account sign in again')
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
    .option('--name-zh <name>', 'what it is called in Chinese (default: the name)')
    .action((id: string, name: string, options: { nameZh?: string }) =>
      run(async () => (await import('./region')).addRegion(id, name, options.nameZh)),
    )
  region
    .command('rename <id>')
    .description('give a region other names')
    .option('--name <name>', 'its name')
    .option('--name-zh <name>', 'its name in Chinese; empty: the name serves for both')
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
    .description('set how many images an account may have in a region, and how much of what else is named')
    .argument('<username>')
    .argument('<region>')
    .argument('<images>', `0 to ${resources.images.max}`, toAmount('images'))
    .option('--force', 'also below what is used: nothing is taken away, no new place is given')
  const others = resourceNames.filter((name) => name !== 'images')
  for (const name of others) {
    const isBytes = resources[name].unit === 'bytes'
    const most = `0 to ${amountOf(name, resources[name].max)}`
    const text = isBytes ? 'how many bytes it may have there, as 500GiB' : `how many ${name} it may have there`
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
    throw new InvalidArgumentError(`It is ${wanted} ${amountOf(name, max)}${unit === 'bytes' ? ' at most' : ''}.`)
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
    .requiredOption('--region <id>', 'where it goes')
    .requiredOption('--name <name>', 'the name of the image')
    .requiredOption('--os <text>', 'the operating system on the disk')
    .action((file: string, options: ImportOptions) => {
      const { account, region, name, os } = options
      return run(async (signal) => (await import('./image')).importFile({ account, region, name, os, file }, signal))
    })
  image
    .command('list')
    .description('list the images of an account')
    .requiredOption('--account <username>', 'the master account that owns them')
    .action((options: { account: string }) => run(async () => (await import('./image')).showImages(options.account)))
  image
    .command('delete <id>')
    .description('put an image into the recycle bin of its owner')
    .option('--cancel-shares', 'cancel its shares in the same step')
    .option('--for-good', 'remove it and its bytes, past the recycle bin or out of it')
    .action((id: string, options: { cancelShares?: true; forGood?: true }) => {
      const how = { cancelShares: options.cancelShares === true, isForGood: options.forGood === true }
      return run(async () => (await import('./image')).removeImageNow(id, how))
    })
}

function addShare(share: Command, run: Run): void {
  share
    .command('list')
    .description('list whom an image is shared with')
    .requiredOption('--image <id>', 'the image')
    .action((options: { image: string }) => run(async () => (await import('./share')).showShares(options.image)))
  share
    .command('cancel <shareId>')
    .description('cancel one share')
    .action((id: string) => run(async () => (await import('./share')).endShare(id)))
}
