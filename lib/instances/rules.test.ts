import { describe, expect, it, test } from 'vitest'
import type { RefusalCode } from '@/lib/result'
import {
  canInstance,
  diskGibMax,
  type HostFacts,
  type HostRefusal,
  hostNameMax,
  hostNameOf,
  hostNotice,
  type InstanceOperation,
  type InstanceStateName,
  type InstanceTaskName,
  instanceCan,
  instanceStates,
  instanceTasks,
  isInstanceInMotion,
  isOnHost,
  isReasonCode,
  isTerminated,
  leastInstanceDiskGib,
  namesOf,
  reasonCodes,
  reasonKind,
  refuseDisk,
  refuseHost,
  refuseOperation,
  refuseRestore,
  refuseTerminate,
  refuseType,
  sshKeyMax,
  statesOfQuota,
  statesOnHost,
  taskPatienceMs,
  terminatedKeptMs,
  userDataMax,
} from './rules'

const gib = 2 ** 30

describe('the operations on an instance', () => {
  const there = 'creating running paused stopping stopped failed unknown'
  const table = {
    start: 'stopped failed',
    stop: 'running',
    forceStop: 'running paused stopping unknown',
    restart: 'running',
    rebuild: 'running paused stopped failed',
    restore: 'stopped failed',
    changeType: 'stopped failed',
    snapshot: 'running paused stopped',
    console: 'running paused',
    screen: 'running paused',
    rename: there,
    protect: there,
    terminate: there,
  } satisfies Record<InstanceOperation, string>

  test.each(Object.entries(table))('%s: while it is %s', (operation, states) => {
    expect(instanceCan).toHaveProperty(operation)
    const can = Object.keys(instanceCan).find((name): name is InstanceOperation => name === operation)
    const found = instanceStates.filter((state) => can && canInstance(can, { state, task: null }))
    expect(found).toEqual(states.split(' '))
  })

  const whileBusy = ['console', 'protect', 'rename', 'screen', 'terminate']
  const duringTask = {
    CREATE: whileBusy,
    START: whileBusy,
    STOP: [...whileBusy, 'forceStop'],
    FORCE_STOP: whileBusy,
    RESTART: whileBusy,
    REBUILD: whileBusy,
    RESTORE: whileBusy,
    TERMINATE: whileBusy,
  } satisfies Record<InstanceTaskName, string[]>

  test.each(instanceTasks.map((task) => [task, duringTask[task]] as const))(
    'while a running one is at %s: %j',
    (task, expected) => {
      const names = Object.keys(table) as InstanceOperation[]
      const found = names.filter((name) => canInstance(name, { state: 'running', task }))
      expect(found.sort()).toEqual([...expected].sort())
    },
  )

  it('are refused with the operation, the state and the task', () => {
    expect(refuseOperation('start', { state: 'stopped', task: null })).toBeNull()
    expect(refuseOperation('start', { state: 'running', task: 'STOP' })).toEqual({
      ...{ code: 'INSTANCE_BUSY', operation: 'start', state: 'running', task: 'STOP' },
    })
  })
})

test('the states that change by themselves, use a host, and count against the quota', () => {
  const which = (is: (state: InstanceStateName) => boolean) => instanceStates.filter(is)
  expect(which((state) => isInstanceInMotion({ state, task: null }))).toEqual([
    ...['creating', 'stopping', 'unknown', 'terminating'],
  ])
  expect(which((state) => isInstanceInMotion({ state, task: 'START' }))).toEqual(instanceStates)
  const onHost = ['creating', 'running', 'paused', 'stopping', 'unknown']
  expect(which((state) => isOnHost({ state }))).toEqual(onHost)
  expect(statesOnHost).toEqual(onHost)
  expect(which((state) => statesOfQuota.some((one) => one === state))).toEqual(instanceStates.slice(0, -1))
  expect(which(isTerminated)).toEqual(['terminated'])
})

test('a reason explains the state of a failed, paused or unknown instance, and otherwise the last event', () => {
  const kinds = Object.fromEntries(instanceStates.map((state) => [state, reasonKind(state)]))
  const other = { creating: 'other', running: 'other', stopping: 'other', stopped: 'other' }
  const over = { terminating: 'other', terminated: 'other' }
  expect(kinds).toEqual({ ...other, ...over, failed: 'failed', paused: 'paused', unknown: 'unknown' })
  expect(reasonCodes.every(isReasonCode)).toBe(true)
  expect(reasonCodes).toContain('MACHINE_DIED')
  expect(['', 'machine_died', 'OTHER'].some(isReasonCode)).toBe(false)
})

test('the largest accepted values', () => {
  expect([hostNameMax, sshKeyMax, userDataMax, diskGibMax]).toEqual([63, 8_192, 16_384, 16_384])
  expect(terminatedKeptMs).toBe(604_800_000)
})

test('how long a task may take', () => {
  const minutes = Object.fromEntries(Object.entries(taskPatienceMs).map(([task, ms]) => [task, ms / 60_000]))
  expect(minutes).toEqual({ CREATE: 60, REBUILD: 60, RESTORE: 60, START: 2, RESTART: 1, FORCE_STOP: 1 })
})

const host: HostFacts = {
  ...{ isAlive: true, accelerator: 'kvm', canUefi: true, isEmulationAllowed: false, problem: null },
  networkProblem: null,
  ...{ vcpus: 8, memoryMib: 8192, taken: { vcpus: 6, memoryMib: 4096 } },
}
const asked = { shape: { vcpus: 1, memoryMib: 2048 }, count: 2, bootMode: 'BIOS' as const }
type HostCode = HostRefusal['code']

describe('a host', () => {
  it('accepts machines up to its last vCPU and MiB', () => {
    expect(refuseHost(host, asked)).toBeNull()
    const full = { code: 'HOST_FULL' }
    expect(refuseHost({ ...host, vcpus: 7 }, asked)).toEqual(full)
    expect(refuseHost({ ...host, memoryMib: 8191 }, asked)).toEqual(full)
    expect(refuseHost(host, { ...asked, count: 3 })).toEqual(full)
    expect(refuseHost(host, { ...asked, shape: { vcpus: 2, memoryMib: 1024 } })).toEqual(full)
    expect(refuseHost({ ...host, taken: { vcpus: 7, memoryMib: 4096 } }, asked)).toEqual(full)
    expect(refuseHost({ ...host, taken: { vcpus: 6, memoryMib: 4097 } }, asked)).toEqual(full)
  })

  // Each has one more fault than the one before, and is refused for the first in order.
  const full = { ...host, vcpus: 0 }
  const bios = { ...full, canUefi: false }
  const emulated = { ...bios, accelerator: 'emulation' }
  const cases = {
    HOST_UNAVAILABLE: [{ ...emulated, isAlive: false, problem: 'no qemu' }, { problem: null }],
    EMULATION_NOT_ALLOWED: [emulated, {}],
    BOOT_MODE_UNSUPPORTED: [bios, {}],
    HOST_FULL: [full, {}],
  } satisfies Record<HostCode, [HostFacts, object]>
  test.each(Object.entries(cases))('is refused with %s before what comes after it', (code, [facts, more]) => {
    expect(refuseHost(facts, { ...asked, bootMode: 'UEFI' })).toEqual({ code, ...more })
  })

  it('that is missing or cannot run machines is unavailable, the latter with its reason', () => {
    expect(refuseHost(null, asked)).toEqual({ code: 'HOST_UNAVAILABLE', problem: null })
    expect(refuseHost({ ...host, accelerator: null, problem: 'no qemu' }, asked)).toEqual({
      ...{ code: 'HOST_UNAVAILABLE', problem: 'no qemu' },
    })
    const cut = { ...host, networkProblem: 'no br0' }
    expect(refuseHost(cut, asked)).toEqual({ code: 'HOST_UNAVAILABLE', problem: 'no br0' })
    expect(refuseHost({ ...cut, accelerator: null, problem: 'no qemu' }, asked)).toMatchObject({ problem: 'no qemu' })
    expect(refuseHost({ ...cut, accelerator: 'emulation' }, asked)).toMatchObject({ problem: 'no br0' })
  })

  it('that may emulate, and one without UEFI for a BIOS image, are accepted', () => {
    expect(refuseHost({ ...host, accelerator: 'emulation', isEmulationAllowed: true }, asked)).toBeNull()
    expect(refuseHost({ ...host, canUefi: false }, asked)).toBeNull()
    expect(refuseHost(host, { ...asked, bootMode: 'UEFI' })).toBeNull()
  })

  it('has a notice only if a person should know something about it', () => {
    expect(hostNotice(null)).toBe('away')
    expect(hostNotice({ ...host, isAlive: false })).toBe('away')
    expect(hostNotice({ ...host, accelerator: null })).toBe('noHypervisor')
    expect(hostNotice(host)).toBeNull()
    expect(hostNotice({ ...host, isEmulationAllowed: true })).toBeNull()
    expect(hostNotice({ ...host, accelerator: 'emulation' })).toBe('emulationNotAllowed')
    expect(hostNotice({ ...host, accelerator: 'emulation', isEmulationAllowed: true })).toBe('emulated')
    const cut = { ...host, networkProblem: 'no br0' }
    expect(hostNotice(cut)).toBe('noNetwork')
    expect(hostNotice({ ...cut, accelerator: 'emulation', isEmulationAllowed: true })).toBe('noNetwork')
    expect(hostNotice({ ...cut, accelerator: 'emulation' })).toBe('emulationNotAllowed')
  })
})

describe('the requirements of an image', () => {
  const type = { id: 'ecs.t1.micro', vcpus: 1, memoryMib: 512, isRetired: false }
  const needs = (minMemoryMib: number | null) => ({ minDiskGib: 20, minMemoryMib })

  it('for memory: a type below it is too small, and a retired or unknown one is not found', () => {
    expect(refuseType(type, needs(511))).toBeNull()
    expect(refuseType(type, needs(512))).toBeNull()
    expect(refuseType(type, needs(513))).toEqual({ code: 'TYPE_TOO_SMALL', least: 513 })
    expect(refuseType(type, needs(null))).toBeNull()
    expect(refuseType({ ...type, memoryMib: -1 }, needs(null))).toEqual({ code: 'TYPE_TOO_SMALL', least: 0 })
    expect(refuseType({ ...type, isRetired: true }, needs(513))).toEqual({ code: 'TYPE_NOT_FOUND' })
    expect(refuseType(null, needs(1))).toEqual({ code: 'TYPE_NOT_FOUND' })
  })

  it('for the disk: a smaller one is refused', () => {
    expect(refuseDisk(21, needs(null))).toBeNull()
    expect(refuseDisk(20, needs(null))).toBeNull()
    expect(refuseDisk(19, needs(null))).toEqual({ code: 'DISK_TOO_SMALL', least: 20 })
  })

  test.each([
    [{ minDiskGib: null, virtualSize: 1 }, 1],
    [{ minDiskGib: null, virtualSize: 0 }, 1],
    [{ minDiskGib: null, virtualSize: 2 * gib }, 2],
    [{ minDiskGib: null, virtualSize: 2 * gib + 1 }, 3],
    [{ minDiskGib: 5, virtualSize: 2 * gib }, 5],
    [{ minDiskGib: 2, virtualSize: 5 * gib }, 5],
  ])('of %o need a disk of at least %i GiB', (image, least) => expect(leastInstanceDiskGib(image)).toBe(least))
})

describe('terminating an instance', () => {
  const stopped = { state: 'stopped', task: null, name: 'Café', isProtected: false } as const
  const ends = {
    INSTANCE_BUSY: [{ ...stopped, state: 'terminating', isProtected: true }, ''],
    INSTANCE_PROTECTED: [{ ...stopped, isProtected: true }, ''],
    INSTANCE_NAME_MISMATCH: [stopped, 'Cafe'],
  } satisfies Partial<Record<RefusalCode, unknown>> &
    Record<
      NonNullable<ReturnType<typeof refuseTerminate>>['code'],
      [Parameters<typeof refuseTerminate>[0]['instance'], string]
    >
  test.each(Object.entries(ends))('is refused with %s before what comes after it', (code, [instance, typedName]) => {
    expect(refuseTerminate({ instance, typedName })).toMatchObject({ code })
  })

  it('needs its name, however it was typed', () => {
    expect(refuseTerminate({ instance: stopped, typedName: ' Cafe\u0301 ' })).toBeNull()
    expect(refuseTerminate({ instance: { ...stopped, task: 'START' }, typedName: 'Café' })).toBeNull()
  })
})

describe('names', () => {
  it('of several instances are numbered, and keep the maximum length', () => {
    expect(namesOf('web', 1, 3)).toEqual(['web'])
    expect(namesOf('web', 2, 5)).toEqual(['web-1', 'web-2'])
    expect(namesOf('web', 2, 4)).toEqual(['we-1', 'we-2'])
    expect(namesOf('𝒲eb', 2, 3)).toEqual(['𝒲-1', '𝒲-2'])
    expect(namesOf('w', 10, 9).at(-1)).toBe('w-10')
  })

  test.each([
    ['web-01', 'web-01'],
    ['Web  Server (2)', 'web-server-2'],
    ['Café', 'cafe'],
    ['--a--', 'a'],
    ['日本', null],
    ['', null],
    ['x'.repeat(70), 'x'.repeat(hostNameMax)],
    [`${'x'.repeat(hostNameMax - 1)} y`, 'x'.repeat(hostNameMax - 1)],
  ])('%j has the host name %j', (name, hostName) => expect(hostNameOf(name)).toBe(hostName))
})

test('a disk can be restored from an available snapshot that is no larger', () => {
  const disk = { diskBytes: BigInt(2 * gib) }
  const taken = (state: string, virtualSize: number) => ({ state, virtualSize: BigInt(virtualSize) })
  expect(refuseRestore(taken('available', 2 * gib - 1), disk)).toBeNull()
  expect(refuseRestore(taken('available', 2 * gib), disk)).toBeNull()
  expect(refuseRestore(taken('available', 2 * gib + 1), disk)).toEqual({ code: 'DISK_TOO_SMALL', least: 3 })
  for (const state of ['creating', 'failed'])
    expect(refuseRestore(taken(state, 2 * gib + 1), disk)).toEqual({ code: 'SNAPSHOT_NOT_AVAILABLE', state })
})
