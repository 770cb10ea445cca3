import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { NotRunning } from './errors'
import { askKeeper } from './keeper-line'

it('a keeper that ends between connection and request is reported as NotRunning', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-keeper-'))
  const keeper = net.createServer()
  await new Promise<void>((resolve) => keeper.listen(path.join(folder, 'keeper.sock'), resolve))
  const { connect } = net
  const spy = vi.spyOn(net, 'connect').mockImplementation((address) => {
    const socket = connect(String(address))
    return socket.once('connect', () => process.nextTick(() => socket.destroy()))
  })
  await expect(askKeeper(folder, 'status')).rejects.toThrow(NotRunning)
  spy.mockRestore()
  keeper.close()
  fs.rmSync(folder, { recursive: true })
})
