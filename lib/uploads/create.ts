import type { UploadInput } from '@/lib/imports/schema'
import { identityHeaders, newKey, pageHeaders } from '@/lib/page-identity'
import { noteAnswer } from '@/lib/page-status'
import { paths } from '@/lib/paths'
import type { ActionResult } from '@/lib/result'

// Retrying the same File keeps its idempotency key; choosing it again gives a new one.
const keys = new WeakMap<File, string>()

export async function createUpload(file: File, input: UploadInput): Promise<ActionResult<{ imageId: string }>> {
  const { size, ...texts } = input
  const metadata = Object.entries(texts).map(([key, text]) => `${key} ${base64(text)}`)
  const headers = {
    'Tus-Resumable': '1.0.0',
    'Upload-Length': String(size),
    'Upload-Metadata': metadata.join(','),
    ...pageHeaders(),
    [identityHeaders.key]: keyOf(file),
  }
  try {
    const answer = await fetch(paths.api.uploads(), { method: 'POST', headers })
    if (!answer.ok) {
      const { refusal } = await answer.json()
      noteAnswer(refusal)
      return { ok: false, refusal }
    }
    return { ok: true, value: { imageId: answer.headers.get('Location')?.split('/').at(-1) ?? '' } }
  } catch {
    return { ok: false, refusal: navigator.onLine ? { code: 'FAULT', reference: '' } : { code: 'OFFLINE' } }
  }
}

function keyOf(file: File): string {
  const key = keys.get(file) ?? newKey()
  keys.set(file, key)
  return key
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
