import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { acceleratorFacts, recallAccelerator } from './accelerator'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-accelerator-'))
const file = path.join(folder, 'machines', 'accelerator.json')
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

test('the result is kept until QEMU, the kernel or the setting changes', async () => {
  const facts = { ...(await acceleratorFacts()), qemu: 'version 7.2.22', allowed: 'auto' }
  const find = vi.fn(async () => ({ accel: 'kvm' as const, cpu: 'host' }))
  const recall = (known: Record<string, string>) => recallAccelerator(file, known, find)
  expect(await recall(facts)).toEqual({ accel: 'kvm', cpu: 'host' })
  expect(await recall(facts)).toEqual({ accel: 'kvm', cpu: 'host' })
  expect(find).toHaveBeenCalledTimes(1)
  for (const fact of ['qemu', 'kernel', 'processor', 'kvm', 'allowed']) {
    find.mockClear()
    await recall({ ...facts, [fact]: 'another' })
    expect(find, fact).toHaveBeenCalledTimes(1)
    await recall(facts)
  }
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
})

test('a failure is probed again each time, and so is an invalid file', async () => {
  const facts = { qemu: 'version 9' }
  const nothing = vi.fn(async () => null)
  expect(await recallAccelerator(file, facts, nothing)).toBeNull()
  expect(await recallAccelerator(file, facts, nothing)).toBeNull()
  expect(nothing).toHaveBeenCalledTimes(2)
  fs.writeFileSync(file, '{"facts": {"qemu": "version 9"}, "accelerator": {"accel": "magic"}}')
  expect(await recallAccelerator(file, facts, async () => ({ accel: 'tcg', cpu: 'max' }))).toEqual({
    accel: 'tcg',
    cpu: 'max',
  })
})
