import { describe, expect, it } from 'vitest'
import {
  type CheckFacts,
  type Counts,
  checksMax,
  isCheckedClean,
  noFindings,
  openFindings,
  percentChecked,
  refuseCheck,
  refuseShareUnchecked,
  type SarifFinding,
  severityNames,
  toSarif,
  uncheckedReason,
  waitsForVerdict,
} from './rules'

const open = (counts: Partial<Counts> = {}): Counts => ({ ...noFindings, ...counts })
const clean: CheckFacts = { state: 'clean', reason: null, open: open() }
const found = (counts: Partial<Counts>, reason: string | null = null): CheckFacts => ({
  state: 'findings',
  reason,
  open: open(counts),
})
const ask = (policy: 'off' | 'warn' | 'block', check: CheckFacts, reason = '') =>
  refuseShareUnchecked({ policy, check, reason })
const because = 'It is a test machine, and the key is public.'

/** Every way to have no verdict on the whole disk, with its reason. */
const unchecked: [string, CheckFacts][] = [
  ['NOT_CHECKED', null],
  ['NOT_CHECKED', { state: null, reason: null, open: open() }],
  ['RUNNING', { state: 'running', reason: null, open: open() }],
  ['FAILED', { state: 'failed', reason: 'STORE_UNREACHABLE', open: open() }],
  ['ENCRYPTED', { state: 'unchecked', reason: 'ENCRYPTED', open: open() }],
  ['NOTHING_READABLE', { state: 'unchecked', reason: null, open: open() }],
  ['TIME', found({ low: 1 }, 'TIME')],
]

describe('a share', () => {
  it('of a clean image is refused by no policy', () => {
    for (const policy of ['off', 'warn', 'block'] as const) expect(ask(policy, clean)).toBeNull()
  })

  it('is never refused without a policy', () => {
    for (const [, check] of unchecked) expect(ask('off', check)).toBeNull()
    expect(ask('off', found({ critical: 1 }))).toBeNull()
  })

  it('with findings needs only a reason under warn', () => {
    for (const severity of ['critical', 'high', 'medium', 'low'] as const) {
      const check = found({ [severity]: 2 })
      expect(ask('warn', check)).toEqual({ code: 'SHARE_NEEDS_REASON', findings: 2, unchecked: null })
      expect(ask('warn', check, because)).toBeNull()
    }
  })

  it('without a verdict on the whole disk needs a reason under warn and is refused under block', () => {
    for (const [reason, check] of unchecked) {
      const findings = check?.open.low ?? 0
      expect(ask('warn', check)).toEqual({ code: 'SHARE_NEEDS_REASON', findings, unchecked: reason })
      expect(ask('warn', check, because)).toBeNull()
      expect(ask('block', check, because)).toEqual({ code: 'DISK_UNCHECKED', reason })
    }
  })

  it('with critical or high findings is refused under block, whatever the reason; with others it needs one', () => {
    expect(ask('block', found({ critical: 1 }), because)).toEqual({ code: 'DISK_HAS_SECRETS', critical: 1, high: 0 })
    expect(ask('block', found({ high: 1, low: 3 }), because)).toEqual({
      code: 'DISK_HAS_SECRETS',
      critical: 0,
      high: 1,
    })
    // Findings are named before unreadable parts, since a user can fix them.
    expect(ask('block', found({ high: 1 }, 'TIME'))).toMatchObject({ code: 'DISK_HAS_SECRETS' })
    expect(ask('block', found({ medium: 1 }))).toMatchObject({ code: 'SHARE_NEEDS_REASON', findings: 1 })
    expect(ask('block', found({ medium: 1 }), because)).toBeNull()
  })

  it('is refused by nothing once all findings are ignored', () => {
    const all = { critical: 1, high: 2, medium: 0, low: 1 }
    const check = found(openFindings(all, all))
    expect(isCheckedClean(check)).toBe(true)
    expect(ask('block', check)).toBeNull()
    expect(ask('block', found(openFindings(all, { ...all, high: 1 })))).toMatchObject({ high: 1, critical: 0 })
  })
})

it('ignored findings never make a count negative', () => {
  expect(openFindings(noFindings, open({ low: 3 }))).toEqual(noFindings)
})

it('a disk with findings and an unreadable part is neither clean nor checked', () => {
  expect(isCheckedClean(found({}, 'ENCRYPTED'))).toBe(false)
  expect(uncheckedReason(found({}, 'ENCRYPTED'))).toBe('ENCRYPTED')
  expect(uncheckedReason(clean)).toBeNull()
})

it('progress is a whole number of percent, and unknown until the files are counted', () => {
  expect(percentChecked({ filesLooked: 0, filesTotal: 0 })).toBeNull()
  expect(percentChecked({ filesLooked: 1, filesTotal: 3 })).toBe(33)
  expect(percentChecked({ filesLooked: 4, filesTotal: 3 })).toBe(100)
})

it('a share waits for a verdict only if a running first check is the sole reason for its refusal', () => {
  for (const [reason] of unchecked) {
    const isRunning = reason === 'RUNNING'
    expect(waitsForVerdict({ code: 'DISK_UNCHECKED', reason })).toBe(isRunning)
    expect(waitsForVerdict({ code: 'SHARE_NEEDS_REASON', unchecked: reason })).toBe(isRunning)
  }
  expect(waitsForVerdict({ code: 'SHARE_NEEDS_REASON', unchecked: null })).toBe(false)
  expect(waitsForVerdict({ code: 'IMAGE_BUSY', reason: 'RUNNING', unchecked: 'RUNNING' })).toBe(false)
})

describe('a report as SARIF', () => {
  const key: SarifFinding = {
    ...{ id: 'f-1', rule: 'private-key', severity: 'critical', path: '/root/.ssh/id rsa', line: 3, offset: 40 },
    ...{ masked: 'MIIE…', ignored: null },
  }
  const reportOf = (...findings: SarifFinding[]) => toSarif({ findings }, '1.2.3').runs[0]
  const placeOf = (finding: SarifFinding) => reportOf(finding)?.results[0]?.locations[0]?.physicalLocation

  it('names the tool, its version and each rule once, and says what was found where', () => {
    expect(toSarif({ findings: [key, { ...key, id: 'f-2', masked: null }] }, '1.2.3')).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'Open ECS Console Disk Check', version: '1.2.3', rules: [{ id: 'private-key' }] } },
          results: [
            {
              ruleId: 'private-key',
              level: 'error',
              message: { text: 'MIIE…' },
              partialFingerprints: { findingId: 'f-1' },
              locations: [
                { physicalLocation: { artifactLocation: { uri: '/root/.ssh/id%20rsa' }, region: { startLine: 3 } } },
              ],
              properties: { severity: 'critical' },
            },
            expect.objectContaining({
              partialFingerprints: { findingId: 'f-2' },
              message: { text: 'private-key' },
            }),
          ],
        },
      ],
    })
  })

  it('has the disk offset only without a file, and no line if there is none', () => {
    const [file, disk] = [{ uri: '/root/.ssh/id%20rsa' }, { uri: '' }]
    expect(placeOf({ ...key, line: null })).toEqual({ artifactLocation: file })
    expect(placeOf({ ...key, path: '', line: null })).toEqual({ artifactLocation: disk, region: { byteOffset: 40 } })
    expect(placeOf({ ...key, path: '', line: null, offset: null })).toEqual({ artifactLocation: disk })
  })

  it('has a level for each severity, and suppresses ignored findings with their reason', () => {
    const levels = severityNames.map((severity) => reportOf({ ...key, severity })?.results[0]?.level)
    expect(levels).toEqual(['error', 'error', 'warning', 'note'])
    const suppressions = [{ kind: 'external', justification: because }]
    expect(reportOf({ ...key, ignored: { reason: because } })?.results[0]).toMatchObject({ suppressions })
    expect(reportOf(key)?.results[0]).not.toHaveProperty('suppressions')
  })
})

it('a check is queued only while few others of the account are', () => {
  expect(refuseCheck({ queued: checksMax - 1 })).toBeNull()
  expect(refuseCheck({ queued: checksMax })).toEqual({ code: 'CHECKS_FULL', max: checksMax })
})
