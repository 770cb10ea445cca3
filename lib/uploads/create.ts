import type { UploadInput } from '@/lib/imports/schema'
import { pageHeaders } from '@/lib/page-mark'
import { paths } from '@/lib/paths'
import type { ActionResult } from '@/lib/result'
import { noteAnswer } from '@/lib/standing'

/** Begins an upload: its image stands there and has its place from now on. A request that never arrived is a fault. */
export async function createUpload(input: UploadInput): Promise<ActionResult<{ imageId: string }>> {
  const { size, ...texts } = input
  const metadata = Object.entries(texts).map(([key, text]) => `${key} ${base64(text)}`)
  const headers = {
    'Tus-Resumable': '1.0.0',
    'Upload-Length': String(size),
    'Upload-Metadata': metadata.join(','),
    ...pageHeaders(),
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

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
