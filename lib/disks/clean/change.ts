import type { ListedFile } from '../check/file-list'
import { type MachineFiles, machineReader, unlessEnded } from '../check/machine/foreign'
import { MachineNotStarted, type ReadingMachine, startMachine } from '../check/machine/machine'
import { OutOfTime } from '../check/trouble'
import { TooManyFiles } from '../guest/listing'
import { withoutHashes } from './ext'
import { skipHolesOf } from './holes'
import type { ChangeTask, ChangeWord } from './machine'
import type { CleanRefusal, Step } from './plan'
import { openWritable } from './writable'

// Changes a file system in a machine, and serves that machine its disk. Runs in its own thread, which may be terminated at any time.

/** For one request. Gigabytes of free space are trimmed at once. */
const requestMs = 30 * 60 * 1000
/** Emulated on a busy host, it boots in ten seconds. */
const bootMs = 2 * 60 * 1000
/** In bytes: the maximum output of a command without records, and the maximum length of names in one command. */
const shortAnswer = 64 * 1024
const namesBytesMax = 256 * 1024
/** A larger file is not a shadow file. */
const shadowBytesMax = 1024 ** 2
/** Maximum number of temporary files that are removed, and of their names' length, which are in memory meanwhile. */
const temporaryMax = { files: 100_000, bytes: 32 * 1024 ** 2 }
const temporary = /^(?:var\/)?tmp\//

/** `cleanInMachine` without a thread of its own. Returns `noRoom` if the host's file system is full. */
export async function changeInMachine(task: ChangeTask): Promise<ChangeWord> {
  const { reader, raw, slot, partition } = task
  const mayStay = task.steps.length === 0
  const disk = await openWritable(raw, { slot, skipHole: skipHolesOf(task.filled) })
  let machine: ReadingMachine | undefined
  let timeMs = bootMs
  try {
    machine = await startMachine(reader, [disk], { timeLeft: () => timeMs })
    timeMs = requestMs
    const end = await cleanFiles(machine, task, disk.isWritten)
    if (end === 'refused' && mayStay) return { refusal: null }
    return { refusal: end === 'damaged' || end === 'refused' ? { code: 'DAMAGED', partition } : end }
  } catch (error) {
    const refusal = refusalOf(error, partition)
    if (refusal) return { refusal: mayStay && !machine ? null : refusal }
    if (error instanceof Error && /ENOSPC|EDQUOT/.test(error.message)) return { noRoom: error.message }
    throw error
  } finally {
    machine?.end()
    await disk.close()
  }
}

function refusalOf(error: unknown, partition: number): CleanRefusal | null {
  if (error instanceof MachineNotStarted) return { code: 'TOOLS_MISSING' }
  if (error instanceof OutOfTime) return { code: 'OUT_OF_TIME', partition }
  return error instanceof TooManyFiles ? { code: 'TOO_MANY_FILES', partition } : null
}

/** `temporary`: names of the temporary files, as the guest knows them; null if there are too many or one was not remembered. */
type Chosen = { steps: Map<string, ListedFile>; temporary: Buffer[] | null }

/** `refused`: the kernel cannot mount it, and it is unchanged. */
type End = CleanRefusal | 'damaged' | 'refused' | null

async function cleanFiles(machine: ReadingMachine, task: ChangeTask, isWritten: () => boolean): Promise<End> {
  const files = machineReader({ ...task, machine, disk: 'a' })
  const { ask, feed } = commandsOf(machine)
  // Without files to find, their number is not limited.
  const isListed = task.steps.length > 0 || task.isReset
  const chosen = isListed ? await choose(files, task) : { steps: new Map(), temporary: [] }
  if (chosen === 'damaged' || chosen === 'refused') return chosen
  if (!chosen.temporary) return { code: 'TEMPORARY_FILES_LEFT', partition: task.partition }
  const texts = new Map<Step, Buffer>()
  for (const step of task.steps) {
    const file = chosen.steps.get(step.path)
    if (!file || file.isLink) return { code: 'FILE_NOT_FOUND', path: step.shown }
    if (step.action !== 'lock' || file.size > shadowBytesMax) continue
    await files.read([file], (_, bytes) => texts.set(step, bytes))
  }
  if (!(await ask(`change a ${task.kind}`))) return isWritten() || chosen.temporary.length > 0 ? 'damaged' : 'refused'
  for (const step of task.steps) {
    const text = texts.get(step)
    if (step.action === 'lock' && !text) return { code: 'FILE_NOT_FOUND', path: step.shown }
    const isDone =
      step.action === 'lock'
        ? (await feed('take', Buffer.from(withoutHashes((text ?? Buffer.alloc(0)).toString('latin1')), 'latin1'))) &&
          (await feed('put', named(Buffer.from(step.path))))
        : await feed(step.action === 'delete' ? 'remove' : 'empty', named(Buffer.from(step.path)))
    if (!isDone) return machine.isOver() ? 'damaged' : { code: 'FILE_STAYS', path: step.shown }
  }
  for (const names of piecesOf(chosen.temporary))
    if (!(await feed('remove', names)))
      return machine.isOver() ? 'damaged' : { code: 'TEMPORARY_FILES_LEFT', partition: task.partition }
  // The blocks of deleted files are free only after the file system has been unmounted.
  for (const command of ['leave', `change a ${task.kind}`, 'trim', 'leave']) if (!(await ask(command))) return 'damaged'
  return !isListed || (await isDone(files, task)) ? null : 'damaged'
}

/** The plan's files that are on the disk, and the temporary files. */
async function choose(files: MachineFiles, { steps, isReset }: ChangeTask): Promise<Chosen | 'damaged' | 'refused'> {
  const wanted = new Set(steps.map(({ path }) => path))
  const found = new Map<string, ListedFile>()
  const names: Buffer[] = []
  let bytes = 0
  let isAll = true
  const remember = (name: Buffer | null) => {
    bytes += name?.length ?? 0
    if (!name || names.length >= temporaryMax.files || bytes > temporaryMax.bytes) isAll = false
    else names.push(name)
  }
  const listed = await files.list((file) => {
    if (wanted.has(file.path)) found.set(file.path, file)
    else if (isAll && isReset && isTemporary(file)) remember(files.nameOf(file.path))
  })
  if (!listed) return 'refused'
  if (listed.isDamaged) return 'damaged'
  return { steps: found, temporary: isAll ? names : null }
}

/** Files in a Btrfs snapshot are kept: most snapshots are read-only, and none is the running system. */
function isTemporary({ path, systemPath }: ListedFile): boolean {
  if (!temporary.test(systemPath)) return false
  return !/(?:^|\/)snapshot\/$/.test(path.slice(0, Math.max(0, path.lastIndexOf(systemPath))))
}

/** Mounts the disk once more, without replaying its journal, and checks it against the plan. */
async function isDone(files: MachineFiles, { steps, isReset }: ChangeTask): Promise<boolean> {
  const actions = new Map(steps.map(({ path, action }) => [path, action]))
  let isLeft = false
  const listed = await files.list((file) => {
    const action = actions.get(file.path)
    isLeft ||= action === 'delete' || (action === 'empty' && file.size > 0) || (!action && isReset && isTemporary(file))
  })
  return listed !== null && !listed.isDamaged && !isLeft
}

function commandsOf(machine: ReadingMachine) {
  const ask = async (command: string, body?: Buffer): Promise<boolean> => {
    const answered = machine.ask({ command, bytesMax: shortAnswer, ...(body ? { body } : {}) })
    return await answered.then((end) => end === 0, unlessEnded)
  }
  return { ask, feed: async (command: string, body: Buffer) => await ask(`${command} ${body.length}`, body) }
}

const named = (name: Buffer) => Buffer.concat([Buffer.from('./'), name, Buffer.from('\0')])

function* piecesOf(paths: readonly Buffer[]): Generator<Buffer> {
  let names: Buffer[] = []
  let bytes = 0
  for (const name of paths.map(named)) {
    if (bytes + name.length > namesBytesMax) {
      yield Buffer.concat(names)
      names = []
      bytes = 0
    }
    names.push(name)
    bytes += name.length
  }
  if (names.length > 0) yield Buffer.concat(names)
}
