import type { RefusalOf } from '@/lib/result'

export const instanceStates = [
  'creating',
  'running',
  'paused',
  'stopping',
  'stopped',
  'failed',
  'unknown',
  'terminating',
  'terminated',
] as const
export type InstanceStateName = (typeof instanceStates)[number]

/** Tasks that a host carries out for an instance. Each runs until the host reports its success, failure or timeout. */
export const instanceTasks = [
  'CREATE',
  'START',
  'STOP',
  'FORCE_STOP',
  'RESTART',
  'REBUILD',
  'RESTORE',
  'TERMINATE',
] as const
export type InstanceTaskName = (typeof instanceTasks)[number]

const there = ['creating', 'running', 'paused', 'stopping', 'stopped', 'failed', 'unknown'] as const

/** Rule 21: the states in which each operation is possible. Rules, reads and pages all use this table. */
export const instanceCan = {
  start: ['stopped', 'failed'],
  stop: ['running'],
  forceStop: ['running', 'paused', 'stopping', 'unknown'],
  restart: ['running'],
  rebuild: ['running', 'paused', 'stopped', 'failed'],
  restore: ['stopped', 'failed'],
  changeType: ['stopped', 'failed'],
  snapshot: ['running', 'paused', 'stopped'],
  console: ['running', 'paused'],
  screen: ['running', 'paused'],
  rename: there,
  protect: there,
  terminate: there,
} as const satisfies Record<string, readonly InstanceStateName[]>
export type InstanceOperation = keyof typeof instanceCan

/** Operations that are possible while the host carries out another task. */
const whileBusy: readonly InstanceOperation[] = ['rename', 'protect', 'terminate', 'console', 'screen']

export type StateAndTask = { state: InstanceStateName; task: InstanceTaskName | null }

/** Whether an operation on an instance is possible now. Protection is a separate refusal. */
export function canInstance(operation: InstanceOperation, { state, task }: StateAndTask): boolean {
  if (!instanceCan[operation].some((one) => one === state)) return false
  if (task === null || whileBusy.includes(operation)) return true
  // For a guest that ignores the power button.
  return operation === 'forceStop' && task === 'STOP'
}

/** Refuses an operation that the state does not allow. */
export function refuseOperation(operation: InstanceOperation, at: StateAndTask): RefusalOf<'INSTANCE_BUSY'> | null {
  if (canInstance(operation, at)) return null
  return { code: 'INSTANCE_BUSY', operation, state: at.state, task: at.task }
}

/** Whether an instance is about to change by itself, so that a page refetches more often. */
export function isInstanceInMotion({ state, task }: StateAndTask): boolean {
  return task !== null || state === 'creating' || state === 'stopping' || state === 'terminating' || state === 'unknown'
}

/** The state that a reason explains; `other` if it only reports the last event. */
export function reasonKind(state: InstanceStateName): 'failed' | 'paused' | 'unknown' | 'other' {
  return state === 'failed' || state === 'paused' || state === 'unknown' ? state : 'other'
}

/** Whether only its row is left of an instance. */
export function isTerminated(state: InstanceStateName): boolean {
  return state === 'terminated'
}

/** States in which an instance uses vCPU and memory of its host, whether or not it is charged. */
export const statesOnHost = ['creating', 'running', 'paused', 'stopping', 'unknown'] as const

/** Whether the instance's capacity on its host is taken already. */
export function isOnHost({ state }: { state: InstanceStateName }): boolean {
  return statesOnHost.some((one) => one === state)
}

/** States in which an instance counts against its owner's quota. */
export const statesOfQuota = [...there, 'terminating'] as const

export const countMax = 5
export const hostNameMax = 63
export const sshKeyMax = 8 * 1024
export const userDataMax = 16 * 1024
export const diskGibMax = 16 * 1024
/** How many images the form offers before a search. */
export const imagesOffered = 20
/** How long a terminated instance is listed. */
export const terminatedKeptMs = 7 * 24 * 60 * 60 * 1000
/** A host that was seen no longer ago than this counts as alive. */
export const hostPatienceMs = 20_000

const minute = 60_000
/** STOP has a setting, TERMINATE has no limit, and CREATE and REBUILD may have to download the image from a bucket first. */
export const taskPatienceMs: Record<Exclude<InstanceTaskName, 'STOP' | 'TERMINATE'>, number> = {
  CREATE: 60 * minute,
  REBUILD: 60 * minute,
  RESTORE: 60 * minute,
  START: 2 * minute,
  RESTART: minute,
  FORCE_STOP: minute,
}

/** Why an instance failed or waits. The sentences are in lib/messages; the engine's own message is stored as detail. */
export const reasonCodes = [
  'GUEST_OFF',
  'GUEST_PANICKED',
  'GUEST_RESTARTED',
  'DISK_FULL',
  'DISK_ERROR',
  'PAUSED',
  'WATCHDOG',
  'HOST_STOPPED',
  'HOST_RESTARTED',
  'ACCELERATOR_FAILED',
  'MACHINE_DIED',
  'MACHINE_SILENT',
  'MACHINE_GONE',
  'KEEPER_DIED',
  'RUN_STATE',
  'NO_HYPERVISOR',
  'NETWORK_MISSING',
  'STORE_FULL',
  'STORE_UNREACHABLE',
  'STORED_BYTES_DAMAGED',
  'TASK_TIMED_OUT',
  'FAULT',
] as const
export type ReasonCode = (typeof reasonCodes)[number]

/** Whether this version of the console knows the reason code. */
export function isReasonCode(code: string): code is ReasonCode {
  return reasonCodes.some((known) => known === code)
}

export type Shape = { vcpus: number; memoryMib: number }

/** The last report of a host, and the capacity that its instances take. */
export type HostFacts = Shape & {
  isAlive: boolean
  accelerator: string | null
  canUefi: boolean
  isEmulationAllowed: boolean
  problem: string | null
  /** Why machines cannot be connected to the host's network; null if they can, or if there is none. */
  networkProblem: string | null
  taken: Shape
}

export type HostView = Pick<HostFacts, 'isAlive' | 'accelerator' | 'isEmulationAllowed' | 'problem' | 'networkProblem'>

/** The notice about the host on the pages; null if there is none. */
export function hostNotice(
  host: HostView | null,
): 'away' | 'noHypervisor' | 'emulationNotAllowed' | 'noNetwork' | 'emulated' | null {
  if (!host?.isAlive) return 'away'
  if (host.accelerator === null) return 'noHypervisor'
  const isEmulated = host.accelerator === 'emulation'
  if (isEmulated && !host.isEmulationAllowed) return 'emulationNotAllowed'
  if (host.networkProblem !== null) return 'noNetwork'
  return isEmulated ? 'emulated' : null
}

export type HostRefusal = RefusalOf<
  'HOST_UNAVAILABLE' | 'EMULATION_NOT_ALLOWED' | 'BOOT_MODE_UNSUPPORTED' | 'HOST_FULL'
>

/** Rule 20: refuses machines that exceed a host's capacity. The refusal has no numbers, because they concern other tenants. */
export function refuseHost(
  host: HostFacts | null,
  asked: { shape: Shape; count: number; bootMode: 'BIOS' | 'UEFI' },
): HostRefusal | null {
  if (!host?.isAlive) return { code: 'HOST_UNAVAILABLE', problem: null }
  if (host.accelerator === null) return { code: 'HOST_UNAVAILABLE', problem: host.problem }
  if (host.networkProblem !== null) return { code: 'HOST_UNAVAILABLE', problem: host.networkProblem }
  if (host.accelerator === 'emulation' && !host.isEmulationAllowed) return { code: 'EMULATION_NOT_ALLOWED' }
  if (asked.bootMode === 'UEFI' && !host.canUefi) return { code: 'BOOT_MODE_UNSUPPORTED' }
  const { shape, count } = asked
  const fits =
    host.taken.vcpus + count * shape.vcpus <= host.vcpus &&
    host.taken.memoryMib + count * shape.memoryMib <= host.memoryMib
  return fits ? null : { code: 'HOST_FULL' }
}

export type TypeFacts = Shape & { id: string; isRetired: boolean }

export type ImageNeeds = { minDiskGib: number; minMemoryMib: number | null }

/** Refuses a type that cannot be chosen or is too small for an image. */
export function refuseType(
  type: TypeFacts | null,
  { minMemoryMib }: ImageNeeds,
): RefusalOf<'TYPE_NOT_FOUND' | 'TYPE_TOO_SMALL'> | null {
  if (!type || type.isRetired) return { code: 'TYPE_NOT_FOUND' }
  return type.memoryMib < (minMemoryMib ?? 0) ? { code: 'TYPE_TOO_SMALL', least: minMemoryMib ?? 0 } : null
}

/** Refuses a system disk that is too small for its image. */
export function refuseDisk(diskGib: number, { minDiskGib }: ImageNeeds): RefusalOf<'DISK_TOO_SMALL'> | null {
  return diskGib < minDiskGib ? { code: 'DISK_TOO_SMALL', least: minDiskGib } : null
}

/** The smallest disk in GiB for an image: its owner's minimum, and never less than its virtual size. */
export function leastInstanceDiskGib(image: { minDiskGib: number | null; virtualSize: number }): number {
  return Math.max(image.minDiskGib ?? 0, Math.ceil(image.virtualSize / 1024 ** 3), 1)
}

export type TerminateFacts = { instance: StateAndTask & { name: string; isProtected: boolean }; typedName: string }

/** Refuses to terminate a protected instance, or with a wrong name; possible in every other state. */
export function refuseTerminate({
  instance,
  typedName,
}: TerminateFacts): RefusalOf<'INSTANCE_BUSY' | 'INSTANCE_PROTECTED' | 'INSTANCE_NAME_MISMATCH'> | null {
  const refusal = refuseOperation('terminate', instance)
  if (refusal) return refusal
  if (instance.isProtected) return { code: 'INSTANCE_PROTECTED' }
  return typedName.normalize('NFC').trim() === instance.name ? null : { code: 'INSTANCE_NAME_MISMATCH' }
}

/** The names of instances created together: a single one keeps the name, several get a number as a suffix. */
export function namesOf(name: string, count: number, max: number): string[] {
  if (count === 1) return [name]
  return Array.from({ length: count }, (_, index) => {
    const tail = `-${index + 1}`
    return `${[...name].slice(0, max - tail.length).join('')}${tail}`
  })
}

/** A name as a host name: lower-case letters, digits and hyphens, at most 63; null if nothing is left. */
export function hostNameOf(name: string): string | null {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, hostNameMax)
    .replace(/^-+|-+$/g, '')
  return plain || null
}

const restorable: readonly string[] = ['available']

/** Rule 22: a disk can be restored from an available snapshot of a disk that is no larger. Sizes in bytes. */
export function refuseRestore(
  snapshot: { state: string; virtualSize: bigint },
  { diskBytes }: { diskBytes: bigint },
): RefusalOf<'SNAPSHOT_NOT_AVAILABLE' | 'DISK_TOO_SMALL'> | null {
  if (!restorable.includes(snapshot.state)) return { code: 'SNAPSHOT_NOT_AVAILABLE', state: snapshot.state }
  if (snapshot.virtualSize <= diskBytes) return null
  return { code: 'DISK_TOO_SMALL', least: Math.ceil(Number(snapshot.virtualSize) / 2 ** 30) }
}
