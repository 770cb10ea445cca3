import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { BaseCache } from './base'
import { makeMachine } from './build'
import { machineCommand, runStates } from './command'
import { NoNetwork, NotRunning, unlessEnded, unlessUnreadable } from './errors'
import { findHost, type Host } from './host'
import { endOf, journalShape, readJournal } from './journal'
import { readConsoleLog } from './keeper/console-log.mjs'
import { bootId } from './keeper/journal.mjs'
import { askKeeper, hasKeeper, openView, startKeeper } from './keeper-line'
import { macOf } from './mac'
import type {
  HostNetwork,
  HostReport,
  MachineBase,
  MachineBuild,
  MachineRun,
  MachineShape,
  MachineSnapshot,
  MachineState,
  Machines,
  MachineView,
  SavedBytes,
  SavedMachine,
  ViewOptions,
} from './machine'
import { MachineFolder, machineIds } from './machine-folder'
import { bridgeProblem, tapOf } from './network'
import { keepPicture, readPicture } from './picture'
import { openSaved, putBackMachine } from './saved'
import type { MachineSettings } from './settings'
import type { SnapshotPlace } from './snapshot-files'
import { QemuSnapshots } from './snapshots'

const startPatienceMs = 30_000
const endPatienceMs = 10_000
/** Distributions configure a reboot at most 60 s after a panic. */
const panicPatienceMs = 90_000

/** Machines of this host: QEMU, one process each, under a keeper that outlives the console. */
export class QemuMachines implements Machines {
  private found: Promise<Host> | undefined
  private building: Promise<unknown> = Promise.resolve()
  private readonly bases: BaseCache

  constructor(
    private readonly settings: MachineSettings,
    private readonly snapshots = new QemuSnapshots(),
  ) {
    const { folder, reserveMin } = settings
    this.bases = new BaseCache({ folder: path.join(folder, 'cache'), reserveMin })
  }

  async host(): Promise<HostReport> {
    const { accelerator, firmware, memoryMib, vcpus, version } = await this.findHost()
    const kind = accelerator.accel === 'kvm' ? 'kvm' : 'emulation'
    return { vcpus, memoryMib, version, accelerator: kind, canUefi: firmware !== null }
  }

  async network(): Promise<HostNetwork | null> {
    const { bridge } = this.settings
    return bridge === undefined ? null : { name: bridge, problem: await bridgeProblem(bridge) }
  }

  async prepare(base: MachineBase, signal?: AbortSignal): Promise<void> {
    await this.bases.fetch(base, signal)
  }

  async build(id: string, build: MachineBuild): Promise<void> {
    const place = this.place(id)
    await this.inTurn(async () => {
      // If the record cannot be read, nothing it describes is usable.
      const before = await place.built().catch(unlessUnreadable)
      if (before?.build === build.build) return
      await makeMachine(this.settings, await this.findHost(), { id, place, build, uidBefore: before?.uid })
    })
  }

  async start(id: string, shape: MachineShape): Promise<void> {
    if (await this.keeperOf(id)) return
    const place = this.place(id)
    const built = await place.built()
    if (!built) throw new Error(`${id} has no disk.`)
    const [host, network] = [await this.findHost(), await this.network()]
    if (network?.problem) throw new NoNetwork(network.problem)
    const base = await open(this.bases.fileOf(built.base), 'r')
    try {
      for (const end = Date.now() + startPatienceMs; ; ) {
        const start = randomUUID()
        await place.writeSpec({
          start,
          lock: place.lock,
          runStates,
          panicPatienceMs: this.settings.panicPatienceMs ?? panicPatienceMs,
          command: machineCommand(host, id, { shape, built, hasNetwork: network !== null }),
          network: network && { tap: tapOf(id), bridge: network.name, mac: macOf(id) },
        })
        if (await this.comesUp(id, start, await startKeeper(place, start, base.fd), end)) return
      }
    } finally {
      await base.close()
    }
  }

  async stop(id: string): Promise<void> {
    await askKeeper(this.place(id).keeper, 'system_powerdown')
  }

  async kill(id: string): Promise<void> {
    const { keeper } = this.place(id)
    await this.place(id).callOff()
    // A failed screenshot does not prevent the end.
    await keepPicture(this.place(id)).catch(() => {})
    await askKeeper(keeper, 'end').catch(unlessEnded)
    const end = Date.now() + endPatienceMs
    while (await this.keeperOf(id)) {
      if (Date.now() > end) throw new Error(`${id} does not end.`)
      await sleep(20)
    }
  }

  async reset(id: string): Promise<void> {
    await askKeeper(this.place(id).keeper, 'system_reset')
  }

  async state(id: string): Promise<MachineState> {
    const place = this.place(id)
    const alive = await this.keeperOf(id)
    if (alive)
      return alive.state === 'starting'
        ? { state: 'paused', reason: { code: 'STARTING' } }
        : { state: alive.state, reason: alive.reason }
    if (!(await place.built().catch(unlessUnreadable))) return { state: 'absent', reason: null }
    const journal = await readJournal(place.keeper).catch(unlessUnreadable)
    return journal ? endOf(journal, bootId()) : { state: 'stopped', reason: null }
  }

  async isAlive(id: string): Promise<boolean> {
    return await hasKeeper(this.place(id))
  }

  async hasCard(id: string): Promise<boolean | null> {
    return await this.place(id).hasNetwork()
  }

  async runs(id: string): Promise<MachineRun[]> {
    // On a full disk a live keeper knows more than its file.
    const alive = await this.keeperOf(id)
    // An unreadable journal proves no time.
    const journal = alive ?? (await readJournal(this.place(id).keeper).catch(unlessUnreadable))
    return (journal?.runs ?? []).map((each) => ({ ...each, isOpen: each.isOpen && alive !== null }))
  }

  async console(id: string, options: ViewOptions = {}): Promise<MachineView> {
    return await openView(this.place(id).keeper, 'console', options)
  }

  async consoleLog(id: string): Promise<Buffer> {
    return readConsoleLog(path.join(this.place(id).keeper, 'console.log')).bytes
  }

  async screen(id: string, options: ViewOptions = {}): Promise<MachineView> {
    return await openView(this.place(id).keeper, 'screen', options)
  }

  async picture(id: string): Promise<Buffer | null> {
    return await readPicture(this.place(id))
  }

  async pressKeys(id: string, keys: string[]): Promise<void> {
    const pressed = keys.map((data) => ({ type: 'qcode', data }))
    await askKeeper(this.place(id).keeper, 'send-key', { keys: pressed })
  }

  async snapshot(id: string, name: string): Promise<void> {
    await this.snapshots.begin(await this.snapshotPlace(id), name)
  }

  async snapshotState(id: string, name: string): Promise<MachineSnapshot> {
    return (await this.place(id).built())
      ? await this.snapshots.state(await this.snapshotPlace(id), name)
      : { state: 'absent' }
  }

  async readSnapshot(id: string, name: string): Promise<Readable> {
    return await this.snapshots.read(await this.snapshotPlace(id), name)
  }

  async forgetSnapshot(id: string, name: string): Promise<void> {
    if (await this.place(id).built()) await this.snapshots.forget(await this.snapshotPlace(id), name)
  }

  async listSnapshots(id: string): Promise<string[]> {
    return await this.snapshots.list({ folder: this.place(id) })
  }

  async save(id: string): Promise<SavedMachine | null> {
    return await openSaved(this.place(id), () => this.isAlive(id))
  }

  async putBack(id: string, files: SavedBytes[]): Promise<void> {
    await this.inTurn(() => putBackMachine(this.settings, id, files))
  }

  async buildOf(id: string): Promise<string | null> {
    return (await this.place(id).built())?.build ?? null
  }

  async destroy(id: string): Promise<void> {
    await this.kill(id)
    await this.place(id).remove()
  }

  changedAt(id: string): Promise<Date> {
    return this.place(id).changedAt()
  }

  keepBases(bases: { regionId: string; key: string }[]): Promise<void> {
    return this.bases.keep(bases)
  }

  basesSize(): Promise<number> {
    return this.bases.size()
  }

  async list(): Promise<string[]> {
    return await machineIds(this.settings.folder)
  }

  private async snapshotPlace(id: string): Promise<SnapshotPlace> {
    const folder = this.place(id)
    const built = await folder.built()
    if (!built) throw new NotRunning(`${id} has no disk.`)
    return { folder, built, base: this.bases.fileOf(built.base), reserveMin: this.settings.reserveMin }
  }

  /** One after the other, because each takes an unused user id. */
  private async inTurn(make: () => Promise<void>): Promise<void> {
    const mine = this.building.then(make)
    this.building = mine.catch(() => {})
    await mine
  }

  private place(id: string): MachineFolder {
    return new MachineFolder(this.settings.folder, id)
  }

  private findHost(): Promise<Host> {
    // A failure is not cached: something may be installed meanwhile.
    this.found ??= findHost(this.settings).catch((error) => {
      this.found = undefined
      throw error
    })
    return this.found
  }

  private async keeperOf(id: string) {
    try {
      return journalShape.parse(await askKeeper(this.place(id).keeper, 'status'))
    } catch (error) {
      if (error instanceof NotRunning) return null
      throw error
    }
  }

  /** Returns false if this keeper exited without running the machine, and no other is running. */
  private async comesUp(id: string, start: string, keeper: ChildProcess, end: number): Promise<boolean> {
    for (; Date.now() < end; await sleep(20)) {
      const hasEnded = keeper.exitCode !== null || keeper.signalCode !== null
      if (await this.keeperOf(id)) return true
      if (!hasEnded) continue
      const journal = await readJournal(this.place(id).keeper)
      return journal?.start === start
    }
    throw new Error(`The keeper of ${id} does not answer.`)
  }
}
