import type { UploadInput } from '@/lib/imports/schema'
import { paths } from '@/lib/paths'
import type { ActionResult } from '@/lib/result'

/** Begins an upload: its image stands there and has its place from now on. A request that never arrived is a fault. */
export async function createUpload(input: UploadInput): Promise<ActionResult<{ imageId: string }>> {
  const { size, ...texts } = input
  const metadata = Object.entries(texts).map(([key, text]) => `${key} ${base64(text)}`)
  const headers = {
    'Tus-Resumable': '1.0.0',
    'Upload-Length': String(size),
    'Upload-Metadata': metadata.join(','),
  }
  try {
    const answer = await fetch(paths.api.uploads(), { method: 'POST', headers })
    if (!answer.ok) return { ok: false, refusal: (await answer.json()).refusal }
    return { ok: true, value: { imageId: answer.headers.get('Location')?.split('/').at(-1) ?? '' } }
  } catch {
    return { ok: false, refusal: { code: 'FAULT', reference: '' } }
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
