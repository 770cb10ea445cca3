import type { Duplex, Readable } from 'node:stream'

/** The resources of a machine. Its disk is at least as large as the image's. */
export type MachineShape = { vcpus: number; memoryMib: number }

export type BootMode = 'BIOS' | 'UEFI'

/** The bytes of an image that a machine starts from, by their place in the store of a region. They are never written. */
export type MachineBase = {
  regionId: string
  key: string
  sha256: string
  size: number
  format: 'qcow2' | 'raw'
  virtualSize: number
}

export type MachineLogin = { hostName: string; sshKey: string | null; userData: string | null }

/** How to build the disk of a machine. Every build has its own `build` id, so that repeating the request builds once. */
export type MachineBuild = {
  build: string
  base: MachineBase
  diskBytes: number
  bootMode: BootMode
  login: MachineLogin | null
}

export type MachineReason = { code: string; detail?: string | undefined }

/** `absent`: never built, or destroyed. `unknown`: the engine knows the machine but not its state. */
export type MachineState = {
  state: 'absent' | 'stopped' | 'running' | 'paused' | 'failed' | 'unknown'
  reason: MachineReason | null
}

/** `to` is the last proof; an open run continues. */
export type MachineRun = { from: Date; to: Date; isOpen: boolean }

/** A view: bytes both ways. The first `replayed` bytes are old: terminal queries in them have been answered. */
export type MachineView = { stream: Duplex; offset: number; replayed: number; viewers: number }

export type ViewOptions = {
  /** Resume from here if those bytes are kept, else from the oldest one. */
  offset?: number | undefined
  /** If all places are taken, disconnect the oldest viewer. */
  isTakeOver?: boolean | undefined
}

/** In bytes. `absent`: to begin again, as its machine changed state. `settled`: the guest flushed its memory first. */
export type MachineSnapshot =
  | { state: 'absent' }
  | { state: 'running'; done: number; total: number }
  | { state: 'ready'; size: number; virtualSize: number; settled: boolean }
  | { state: 'failed'; code: 'STORE_FULL' | 'SNAPSHOT_FAULT'; detail?: string | undefined }

/** A file of a machine. What is in it, and its name, are the engine's. Its size is in bytes. */
export type SavedBytes = { name: string; size: number; read(): Readable | Promise<Readable> }

/** The files of a machine that does not run. `stamp` changes with them. */
export type SavedMachine = {
  build: string
  stamp: string
  files: SavedBytes[]
  /** Whether it has neither run nor been built anew so far. If not, what was read of it is worthless. */
  isStill(): Promise<boolean>
  close(): Promise<void>
}

export type HostReport = {
  vcpus: number
  memoryMib: number
  /** `emulation`: every instruction in software, slow, and no wall between a guest and the host. */
  accelerator: 'kvm' | 'emulation'
  canUefi: boolean
  version: string
}

/** What machines of a host are connected to at their start. `problem`: why none can be at the moment. */
export type HostNetwork = { name: string; problem: string | null }

/**
 * An engine for machines. Every request is asynchronous: its answer means that it was accepted, and `state` reports the
 * outcome. Requests are idempotent, and the engine may be restarted at any time; nothing but ids is kept between calls.
 * Another engine is one more file with this interface.
 */
export interface Machines {
  /** The host's capabilities. Throws `NoHypervisor`. */
  host(): Promise<HostReport>
  /** As it is now: it is asked every few seconds. Null where machines have no network. */
  network(): Promise<HostNetwork | null>
  prepare(base: MachineBase, signal?: AbortSignal): Promise<void>
  /** Builds the disk unless this build exists. The machine must not run. Throws `StoreFull`. */
  build(id: string, build: MachineBuild): Promise<void>
  /** Throws `NoNetwork`. */
  start(id: string, shape: MachineShape): Promise<void>
  /** The guest may ignore it. */
  stop(id: string): Promise<void>
  kill(id: string): Promise<void>
  reset(id: string): Promise<void>
  state(id: string): Promise<MachineState>
  /** Whether a process of it is there, in whatever state: one that could write to its disk. */
  isAlive(id: string): Promise<boolean>
  /** Whether its last start gave it a network card; null where none is known. */
  hasCard(id: string): Promise<boolean | null>
  /** When it ran, as far as is proven, oldest first. Also after it ended, until it is destroyed. */
  runs(id: string): Promise<MachineRun[]>
  /** The serial port. Throws `NotRunning` and `ViewersFull`. */
  console(id: string, options?: ViewOptions): Promise<MachineView>
  /** The last 256 KiB that it wrote to its serial port, running or not. */
  consoleLog(id: string): Promise<Buffer>
  /** The screen, as RFB. Throws `NotRunning` and `ViewersFull`. */
  screen(id: string, options?: ViewOptions): Promise<MachineView>
  /** The screen as a PNG: of now, or the last one before it ended. Null where there never was one. */
  picture(id: string): Promise<Buffer | null>
  /** Presses keys together, by QEMU's names for keys, and lets go of them. */
  pressKeys(id: string, keys: string[]): Promise<void>
  /**
   * Begins to write the present disk into one complete file, whether the machine runs or not. The guest is not
   * affected: without space only the snapshot fails.
   */
  snapshot(id: string, name: string): Promise<void>
  snapshotState(id: string, name: string): Promise<MachineSnapshot>
  readSnapshot(id: string, name: string): Promise<Readable>
  forgetSnapshot(id: string, name: string): Promise<void>
  listSnapshots(id: string): Promise<string[]>
  /** Opens its files for a backup. Null while it runs, and where there is none. Throws `Unreadable`. */
  save(id: string): Promise<SavedMachine | null>
  /** Makes it again from its files, all or nothing, in the place of what is here. It must not run. Throws `StoreFull`. */
  putBack(id: string, files: SavedBytes[]): Promise<void>
  /** Which building of its disk is here; null where there is none. Throws `Unreadable`. */
  buildOf(id: string): Promise<string | null>
  destroy(id: string): Promise<void>
  /** When its disk was built, or was being built; long ago where there is none. */
  changedAt(id: string): Promise<Date>
  /** Removes the fetched bytes that are not among these. */
  keepBases(bases: { regionId: string; key: string }[]): Promise<void>
  basesSize(): Promise<number>
  list(): Promise<string[]>
}
