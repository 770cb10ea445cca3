import { expect, test } from 'vitest'
import { storeSettings } from './settings'

const settings = (value: string | undefined, more: Record<string, string> = {}) =>
  storeSettings('cn-shanghai', '/data', { ECS_STORE_CN_SHANGHAI: value, ...more })

test('a region without a setting keeps its bytes in the data folder', () => {
  const folder = { kind: 'folder', folder: '/data/stores/cn-shanghai', isOurs: true }
  expect(settings(undefined)).toEqual(folder)
  expect(settings('')).toEqual(folder)
})

test('a folder is given by its path or its URL', () => {
  const folder = { kind: 'folder', folder: '/mnt/shanghai disks', isOurs: false }
  expect(settings('/mnt/shanghai disks')).toEqual(folder)
  expect(settings('file:///mnt/shanghai%20disks')).toEqual(folder)
})

test('a bucket has a prefix, an endpoint and its own credentials', () => {
  expect(
    settings('s3://images/of/shanghai/?endpoint=http://127.0.0.1:9000&region=cn-east-1', {
      ECS_STORE_CN_SHANGHAI_ACCESS_KEY_ID: 'key',
      ECS_STORE_CN_SHANGHAI_SECRET_ACCESS_KEY: 'secret',
    }),
  ).toEqual({
    kind: 's3',
    bucket: 'images',
    prefix: 'of/shanghai/',
    endpoint: 'http://127.0.0.1:9000',
    region: 'cn-east-1',
    isPathStyle: true,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
})

test('without an endpoint it is a bucket of AWS', () => {
  expect(settings('s3://images', { AWS_REGION: 'eu-west-1' })).toEqual({
    kind: 's3',
    bucket: 'images',
    prefix: '',
    region: 'eu-west-1',
    isPathStyle: false,
  })
  expect(settings('s3://images?path-style=1&region=eu-west-2')).toMatchObject({
    isPathStyle: true,
    region: 'eu-west-2',
  })
  expect(settings('s3://images?endpoint=https://s3.example&path-style=0')).toMatchObject({ isPathStyle: false })
})

test.each([
  's3://key:secret@images',
  's3://images?endpoint=http://key:secret@127.0.0.1',
  's3://images?endpoint=127.0.0.1:9000',
  's3://images?endpoint=ftp://127.0.0.1',
  's3://images?path-style=yes',
  's3://images?pathstyle=1',
  's3://images/a//b',
  's3://images/%zz',
  's3:///images',
  's3:images',
  's3://i',
  'gs://images',
  'https://s3.example/images',
  'file://host/folder',
])('%s is refused with the name of its variable and without secrets', (value) => {
  expect(() => settings(value)).toThrow('ECS_STORE_CN_SHANGHAI')
  expect(() => settings(value)).not.toThrow('secret@')
})

test('half of the credentials is refused', () => {
  const half = { ECS_STORE_CN_SHANGHAI_ACCESS_KEY_ID: 'key' }
  expect(() => settings('s3://images', half)).toThrow('ECS_STORE_CN_SHANGHAI_SECRET_ACCESS_KEY is missing')
})
