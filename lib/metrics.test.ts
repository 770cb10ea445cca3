import { register } from 'prom-client'
import { beforeEach, expect, test, vi } from 'vitest'
import manifest from '@/package.json'
import { countJob, countRequest, countShares, countTransfer, countUpload } from './metrics'

beforeEach(() => register.resetMetrics())

const lines = async (name: string) => (await register.getSingleMetricAsString(name)).split('\n').slice(2)

test('the build metric has the release and the commit', async () => {
  vi.stubEnv('ECS_COMMIT', '549efc4d1c2b')
  vi.resetModules()
  await import('./metrics')
  expect(await lines('ecs_build_info')).toEqual([
    `ecs_build_info{version="${manifest.version}",commit="549efc4d1c2b"} 1`,
  ])
  vi.unstubAllEnvs()
})

test('a refusal is counted by its code, and a success is not', async () => {
  const request = { kind: 'action' as const, operation: 'shareImage', seconds: 0.02 }
  countRequest({ ...request, outcome: 'refused', code: 'ALREADY_SHARED' })
  countRequest({ ...request, outcome: 'ok', code: null })
  expect(await lines('ecs_refusals_total')).toEqual([
    'ecs_refusals_total{operation="shareImage",code="ALREADY_SHARED"} 1',
  ])
  expect(await lines('ecs_requests_total')).toEqual([
    'ecs_requests_total{kind="action",operation="shareImage",outcome="refused"} 1',
    'ecs_requests_total{kind="action",operation="shareImage",outcome="ok"} 1',
  ])
})

test('a share counts once for each recipient, and other actions not at all', async () => {
  countShares('shareImage', [{}, {}, {}])
  countShares('updateImage', [{}])
  countShares('cancelShare', { shareId: '…' })
  countShares('deleteImage', { imageId: '…', cancelledShares: 2 })
  expect(await lines('ecs_shares_made_total')).toEqual(['ecs_shares_made_total 3'])
  expect(await lines('ecs_shares_cancelled_total')).toEqual(['ecs_shares_cancelled_total 3'])
})

test('an upload is active until its end, and its bytes are counted', async () => {
  const upload = countUpload()
  upload.received(5)
  upload.received(7)
  expect(await lines('ecs_uploads_active')).toEqual(['ecs_uploads_active 1'])
  upload.end()
  expect(await lines('ecs_uploads_active')).toEqual(['ecs_uploads_active 0'])
  expect(await lines('ecs_upload_bytes_total')).toEqual(['ecs_upload_bytes_total 12'])
})

test('a job is running until it is done or has failed, and its error is rethrown', async () => {
  const failed = new Error('no')
  let finish = () => {}
  const running = countJob('copy-image', () => new Promise<void>((resolve) => (finish = resolve)))
  expect(await lines('ecs_jobs_running')).toEqual(['ecs_jobs_running{kind="copy-image"} 1'])
  finish()
  await running
  await expect(countJob('copy-image', () => Promise.reject(failed))).rejects.toBe(failed)
  expect(await lines('ecs_jobs_running')).toEqual(['ecs_jobs_running{kind="copy-image"} 0'])
  expect(await lines('ecs_job_tries_total')).toEqual([
    'ecs_job_tries_total{kind="copy-image",outcome="done"} 1',
    'ecs_job_tries_total{kind="copy-image",outcome="failed"} 1',
  ])
  countTransfer('copy', 'available', 2 ** 20)
  expect(await lines('ecs_transfer_bytes_total')).toEqual(['ecs_transfer_bytes_total{kind="copy"} 1048576'])
})

test('a module that is loaded twice uses the same registry', async () => {
  vi.resetModules()
  const again = await import('./metrics')
  again.countShares('cancelShare', null)
  countShares('cancelShare', null)
  expect(await lines('ecs_shares_cancelled_total')).toEqual(['ecs_shares_cancelled_total 2'])
})
