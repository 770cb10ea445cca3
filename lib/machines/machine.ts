import type { Duplex, Readable } from 'node:stream'

/** The resources of a machine. Its disk is at least as large as the image's. */
export type MachineShape = { vcpus: number; memoryMib: number }

export type BootMode = 'BIOS' | 'UEFI'

/** The bytes of an image that a machine starts from, by their key in a region's store. They are never written. */
export type MachineBase = {
  regionId: string
  key: string
  sha256: string
  size: number
  format: 'qcow2' | 'raw'
  virtualSize: number
}

export type MachineLogin = { hostName: string; sshKey: string | null; userData: string | null }

/** How to build the disk of a machine. Each build has a unique `build` id, so that a repeated request builds once. */
export type MachineBuild = {
  build: string
  base: MachineBase
  diskBytes: number
  bootMode: BootMode
  login: MachineLogin | null
}

export type MachineReason = { code: string; detail?: string | undefined }

/** `absent`: never built, or destroyed. `unknown`: the machine exists, but its state cannot be determined. */
export type MachineState = {
  state: 'absent' | 'stopped' | 'running' | 'paused' | 'failed' | 'unknown'
  reason: MachineReason | null
}

/** `to` is when it was last seen running; an open run continues. */
export type MachineRun = { from: Date; to: Date; isOpen: boolean }

/** A bidirectional stream. The first `replayed` bytes come from the log, so terminal queries in them must not be answered again. */
export type MachineView = { stream: Duplex; offset: number; replayed: number; viewers: number }

export type ViewOptions = {
  /** Resume from this offset if it is still in the log, else from the oldest byte. */
  offset?: number | undefined
  /** If there is no free slot, disconnect the oldest viewer. */
  isTakeOver?: boolean | undefined
}

/** Sizes in bytes. `absent`: must be begun again, as its machine changed state. `settled`: the guest flushed its file systems first. */
export type MachineSnapshot =
  | { state: 'absent' }
  | { state: 'running'; done: number; total: number }
  | { state: 'ready'; size: number; virtualSize: number; settled: boolean }
  | { state: 'failed'; code: 'STORE_FULL' | 'SNAPSHOT_FAULT'; detail?: string | undefined }

/** A file of a machine. Name and content are defined by the engine; the size is in bytes. */
export type SavedBytes = { name: string; size: number; read(): Readable | Promise<Readable> }

/** The files of a machine that is not running. `stamp` changes whenever they change. */
export type SavedMachine = {
  build: string
  stamp: string
  files: SavedBytes[]
  /** Whether it has neither run nor been rebuilt since it was opened. If it has, what was read is inconsistent. */
  isStill(): Promise<boolean>
  close(): Promise<void>
}

export type HostReport = {
  vcpus: number
  memoryMib: number
  /** `emulation`: every instruction in software, which is slow and does not isolate the guest from the host. */
  accelerator: 'kvm' | 'emulation'
  canUefi: boolean
  version: string
}

/** The network to which machines are connected at their start. `problem`: why this is not possible at the moment. */
export type HostNetwork = { name: string; problem: string | null }

/**
 * A hypervisor. Requests are asynchronous: they return when accepted, and `state` reports the outcome. They are idempotent, and the
 * console may restart at any time; only ids are kept between calls. Another hypervisor is one more file with this interface.
 */
export interface Machines {
  /** The host's capabilities. Throws `NoHypervisor`. */
  host(): Promise<HostReport>
  /** The current network; polled every few seconds. Null if machines have none. */
  network(): Promise<HostNetwork | null>
  prepare(base: MachineBase, signal?: AbortSignal): Promise<void>
  /** Builds the disk unless this build exists. The machine must not run. Throws `StoreFull`. */
  build(id: string, build: MachineBuild): Promise<void>
  /** Throws `NoNetwork`. */
  start(id: string, shape: MachineShape): Promise<void>
  /** Presses the power button, which the guest may ignore. */
  stop(id: string): Promise<void>
  kill(id: string): Promise<void>
  reset(id: string): Promise<void>
  state(id: string): Promise<MachineState>
  /** Whether its process exists in any state, and so could write to its disk. */
  isAlive(id: string): Promise<boolean>
  /** Whether its last start included a network card; null if unknown. */
  hasCard(id: string): Promise<boolean | null>
  /** When it ran, as far as recorded, oldest first. Available until it is destroyed. */
  runs(id: string): Promise<MachineRun[]>
  /** The serial port. Throws `NotRunning` and `ViewersFull`. */
  console(id: string, options?: ViewOptions): Promise<MachineView>
  /** The last 256 KiB of its serial output, running or not. */
  consoleLog(id: string): Promise<Buffer>
  /** The screen, as RFB. Throws `NotRunning` and `ViewersFull`. */
  screen(id: string, options?: ViewOptions): Promise<MachineView>
  /** The screen as a PNG: the current one, or the last before it ended. Null if there never was one. */
  picture(id: string): Promise<Buffer | null>
  /** Presses these keys together, by QEMU's key names, and releases them. */
  pressKeys(id: string, keys: string[]): Promise<void>
  /**
   * Begins to write the current disk to one complete file, whether the machine runs or not. The guest is not affected: without space
   * only the snapshot fails.
   */
  snapshot(id: string, name: string): Promise<void>
  snapshotState(id: string, name: string): Promise<MachineSnapshot>
  readSnapshot(id: string, name: string): Promise<Readable>
  forgetSnapshot(id: string, name: string): Promise<void>
  listSnapshots(id: string): Promise<string[]>
  /** Opens its files for a backup. Null if it runs or does not exist. Throws `Unreadable`. */
  save(id: string): Promise<SavedMachine | null>
  /** Replaces the machine with one restored from its files, all or nothing. It must not run. Throws `StoreFull`. */
  putBack(id: string, files: SavedBytes[]): Promise<void>
  /** Id of its disk's build; null if there is none. Throws `Unreadable`. */
  buildOf(id: string): Promise<string | null>
  destroy(id: string): Promise<void>
  /** When its disk was last built, or its build began; the epoch if there is none. */
  changedAt(id: string): Promise<Date>
  /** Removes downloaded image bytes except these. */
  keepBases(bases: { regionId: string; key: string }[]): Promise<void>
  basesSize(): Promise<number>
  list(): Promise<string[]>
}
