import 'server-only'
import { formatBytes } from '@/lib/format'
import { type HostRow, listHosts } from '@/lib/instances/reads'
import { ok, type Result } from '@/lib/result'
import { type Answer, list } from './output'

export async function showHosts(): Promise<Result<Answer>> {
  const columns = [
    { header: 'Host', cell: ({ host }: Shown) => host },
    { header: 'State', cell: ({ alive }: Shown) => (alive ? 'alive' : 'not seen for 20 s') },
    { header: 'Runs by', cell: ({ accelerator, emulationAllowed }: Shown) => wayOf(accelerator, emulationAllowed) },
    { header: 'vCPU', cell: ({ vcpusTaken, vcpus }: Shown) => `${vcpusTaken} / ${vcpus}` },
    { header: 'Memory MiB', cell: ({ memoryMibTaken, memoryMib }: Shown) => `${memoryMibTaken} / ${memoryMib}` },
    { header: 'UEFI', cell: ({ uefi }: Shown) => (uefi ? 'yes' : 'no') },
    { header: 'Fetched', cell: ({ cachedBytes }: Shown) => formatBytes(cachedBytes, 'en') },
    { header: 'Network', cell: ({ network }: Shown) => network ?? 'none' },
    { header: 'Problem', cell: ({ problem, networkProblem }: Shown) => problem ?? networkProblem ?? '–' },
  ]
  const none = 'No host has ever run instances: the worker reports its own when it starts.'
  return ok(list((await listHosts()).map(shown), columns, none))
}

type Shown = ReturnType<typeof shown>

function shown(host: HostRow) {
  return {
    host: host.id,
    alive: host.isAlive,
    accelerator: host.accelerator,
    emulationAllowed: host.isEmulationAllowed,
    vcpus: host.vcpus,
    vcpusTaken: host.taken.vcpus,
    memoryMib: host.memoryMib,
    memoryMibTaken: host.taken.memoryMib,
    uefi: host.canUefi,
    cachedBytes: host.cachedBytes,
    problem: host.problem,
    network: host.network,
    networkProblem: host.networkProblem,
  }
}

function wayOf(accelerator: string | null, isEmulationAllowed: boolean): string {
  if (accelerator === null) return 'nothing'
  if (accelerator === 'kvm') return 'KVM'
  return isEmulationAllowed ? 'emulation, not isolated' : 'emulation, refused by ECS_MACHINE_EMULATION'
}
