import { expect, test } from 'vitest'
import { refusalOf } from './send'

/** The error of tus: the response to a request that it gave up. */
function stoppedBy(status: number, answer: { body?: string; header?: string } = {}) {
  const { body = '', header } = answer
  const originalResponse = { getStatus: () => status, getBody: () => body, getHeader: () => header }
  return Object.assign(new Error('stopped'), { originalResponse })
}

const other = { code: 'OTHER_ACCOUNT', username: 'lantern' }

test.each([
  ['a body', stoppedBy(403, { body: JSON.stringify({ refusal: other }) }), other],
  ['a question, by a header', stoppedBy(403, { header: encodeURIComponent(JSON.stringify(other)) }), other],
  ['a foreign form', stoppedBy(403), { code: 'NOT_PERMITTED', policy: null, region: null }],
  ['a session that has ended', stoppedBy(401), { code: 'SIGNED_OUT' }],
  ['an upload that is gone', stoppedBy(404), { code: 'IMAGE_NOT_FOUND' }],
  ['a proxy', stoppedBy(502, { body: '<html>' }), { code: 'FAULT', reference: '' }],
  ['no answer', new Error('network'), { code: 'FAULT', reference: '' }],
])('an upload stopped by %s reports the refusal', (_, error, refusal) => {
  expect(refusalOf(Object.assign(error))).toEqual(refusal)
})
