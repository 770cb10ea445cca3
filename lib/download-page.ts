import 'server-only'
import { getLocale, getTranslations } from 'next-intl/server'
import type { DownloadRefusal } from '@/lib/download-refusal'

const style = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto 0; padding: 0 1rem; color-scheme: light dark }
  h1 { font-size: 1.25rem } a { color: LinkText } code { overflow-wrap: anywhere }`

/** The page for a refused download. A route cannot render components, so this is plain HTML. */
export async function downloadPage(refusal: DownloadRefusal): Promise<string> {
  const [locale, t] = await Promise.all([getLocale(), getTranslations('downloads')])
  const reference = ('reference' in refusal && refusal.reference) || 'none'
  const sentence = t(refusal.code, { reference })
  return `<!doctype html>
<html lang="${locale === 'zh' ? 'zh-CN' : locale}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${encoded(t('title'))}</title><style>${style}</style></head>
<body><main><h1>${encoded(t('title'))}</h1><p>${encoded(sentence)}</p><p><a href="/">${encoded(t('back'))}</a></p></main></body>
</html>`
}

function encoded(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
