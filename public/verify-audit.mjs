#!/usr/bin/env node
// Verifies an export of the audit trail of Open ECS Console, without the console and its database. Needs only Node:
//
//   node verify-audit.mjs [folder] [key]
//
// `folder` holds entries.jsonl, checkpoints.jsonl and public-key.pem; by default the one of this script. `key` is the id of
// the public key as you know it from the operator: without it, only you can tell that the key is the console's.
// Exit code 0: every entry is proven by the key that you gave. 1: one is not as it was recorded, and it is named. 2: there is
// nothing to verify. 3: the entries fit each other, but not all of them are proven, or you gave no key.

import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

const fields = [
  ...['accountId', 'seq', 'eventId', 'at', 'action', 'actorId', 'actorName', 'address', 'ownerName', 'regionId'],
  ...['imageId', 'imageName', 'shareId', 'recipientName', 'instanceId', 'instanceName', 'snapshotId', 'snapshotName'],
  'details',
]
const folder = process.argv[2] ?? import.meta.dirname
const expectedKey = process.argv[3]

const sha256 = (text) => createHash('sha256').update(text).digest('hex')

function end(code, sentence) {
  writeSync(code === 0 || code === 3 ? 1 : 2, `${sentence}\n`)
  process.exit(code)
}

async function* linesOf(name) {
  for await (const line of createInterface({ input: createReadStream(path.join(folder, name)), crlfDelay: Infinity })) {
    if (line === '') continue
    try {
      yield JSON.parse(line)
    } catch {
      end(1, `${name} has a line that is not JSON: ${line.slice(0, 80)}`)
    }
  }
}

async function readCheckpoints() {
  const pem = readFileSync(path.join(folder, 'public-key.pem'), 'utf8')
  // The console had not signed anything yet.
  if (pem === '') return { keyId: null, signed: new Map() }
  const publicKey = createPublicKey(pem)
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
  if (expectedKey !== undefined && expectedKey !== keyId)
    end(1, `The export has the public key ${keyId}, and not ${expectedKey}: its checkpoints prove nothing.`)
  const signed = new Map()
  for await (const { accountId, seq, hash, at, ...one } of linesOf('checkpoints.jsonl')) {
    if (one.keyId !== keyId) continue
    const text = JSON.stringify(['open-ecs-console audit checkpoint', accountId, seq, hash, at])
    if (!verify(null, Buffer.from(text), publicKey, Buffer.from(one.signature, 'base64url')))
      end(1, `The checkpoint of ${at} at entry ${seq} is forged: its signature is wrong.`)
    signed.set(seq, { accountId, hash, at })
  }
  return { keyId, signed }
}

const { keyId, signed } = await readCheckpoints()
let [seq, hash, proven, owner] = [0, '', null, null]
for await (const entry of linesOf('entries.jsonl')) {
  if (owner === null) {
    owner = entry.accountId
    hash = sha256(`open-ecs-console audit ${owner}`)
  }
  seq++
  if (entry.seq !== String(seq)) end(1, `Entry ${seq} is missing: entry ${entry.seq} is in its place.`)
  hash = sha256(hash + JSON.stringify(fields.map((field) => entry[field])))
  if (hash !== entry.hash)
    end(1, `Entry ${seq} was changed, inserted or moved: what it says does not match its checksum.`)
  const checkpoint = signed.get(entry.seq)
  if (!checkpoint) continue
  if (checkpoint.hash !== hash || checkpoint.accountId !== owner)
    end(1, `The entries up to ${seq} are not those that the checkpoint of ${checkpoint.at} has signed.`)
  proven = { seq, at: checkpoint.at }
}
if (seq === 0) end(2, 'There are no entries.')
const beyond = [...signed].find(([at, checkpoint]) => checkpoint.accountId === owner && Number(at) > seq)
if (beyond) end(1, `Entry ${seq + 1} and those after it are missing: the checkpoint of ${beyond[1].at} has them.`)
if (proven === null)
  end(
    3,
    `${seq} entries of ${owner} fit each other. No checkpoint proves them: whoever wrote the export could have made them.`,
  )
const proof = `The checkpoint of ${proven.at} with the key ${keyId} proves the first ${proven.seq}`
const rest = proven.seq < seq ? ' The others only fit them: a later export, with a newer checkpoint, proves them.' : ''
const advice = expectedKey === undefined ? ' Compare the key with the one that the operator tells you.' : ''
end(rest || advice ? 3 : 0, `${seq} entries of ${owner}, in their order and unchanged. ${proof}.${rest}${advice}`)
