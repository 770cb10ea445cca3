// Ends the mirrors of a machine's disk, which is the moment of a snapshot, with the guest's file systems frozen if its agent does that.
// The keeper does it because it lives as long as the machine: whatever else dies, the guest is thawed.
import { setTimeout as sleep } from 'node:timers/promises'
import { whileFrozen } from './agent.mjs'

const lookMs = 20

/** @param {{ ask: (execute: string, args?: object) => Promise<any> }} qmp */
export function openMirrorEnds(qmp) {
  const outcomes = new Map()
  let turn = Promise.resolve()

  function end(job) {
    if (!outcomes.has(job)) outcomes.set(job, inTurn(job))
  }

  /** Whether the guest's file systems were frozen when this mirror ended. Kept until `forget`. */
  async function isSettled(job) {
    return (await outcomes.get(job)) ?? false
  }

  function inTurn(job) {
    return new Promise((resolve) => {
      // One after the other, so that none thaws what is frozen for another.
      turn = turn.then(() => new Promise((isThawed) => finish(job, isThawed).then(resolve)))
    })
  }

  async function finish(job, isThawed) {
    let isAsked = false
    const cancel = async (signal) => {
      isAsked = true
      await qmp.ask('block-job-cancel', { device: job })
      while (!signal?.aborted && (await statusOf(job)) !== 'concluded') await sleep(lookMs)
    }
    try {
      if (!(await hasAgent())) isThawed()
      else if (await whileFrozen('agent.sock', cancel, isThawed)) return (await statusOf(job)) === 'concluded'
      if (!isAsked) await qmp.ask('block-job-cancel', { device: job })
      return false
    } catch {
      // The job or the machine has ended.
      isThawed()
      return false
    }
  }

  async function hasAgent() {
    const devices = await qmp.ask('query-chardev')
    return devices.some((device) => device.label === 'agent' && device['frontend-open'])
  }

  async function statusOf(job) {
    const jobs = await qmp.ask('query-jobs')
    const found = jobs.find(({ id }) => id === job)
    if (!found) throw new Error('The job is gone.')
    return found.status
  }

  return { end, isSettled, forget: (job) => outcomes.delete(job) }
}
