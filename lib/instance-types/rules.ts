const typeIdPattern = /^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/
export const typeIdMax = 32
export const vcpusMax = 256
/** 4 TiB. */
export const memoryMibMax = 4 * 2 ** 20
/** In minor units an hour. */
export const priceMax = 100_000_000

/** Whether this is a valid id of an instance type. */
export function isTypeId(id: string): boolean {
  return id.length <= typeIdMax && typeIdPattern.test(id)
}

/** The initial types of a new console. Amounts are hourly, in minor units of the currency. */
export const firstTypes = [
  { id: 'ecs.t1.micro', vcpus: 1, memoryMib: 256, amount: 4 },
  { id: 'ecs.t1.small', vcpus: 1, memoryMib: 512, amount: 8 },
  { id: 'ecs.s1.medium', vcpus: 1, memoryMib: 1024, amount: 16 },
  { id: 'ecs.s1.large', vcpus: 2, memoryMib: 2048, amount: 32 },
  { id: 'ecs.s1.xlarge', vcpus: 4, memoryMib: 4096, amount: 64 },
] as const

/** The first price of a type is valid from the beginning of time: no instance ran before the type was added. */
export const firstPriceFrom = new Date(0)
