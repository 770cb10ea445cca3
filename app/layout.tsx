import type { Metadata, Viewport } from 'next'
import localFont from 'next/font/local'
import { cookies } from 'next/headers'
import { NextIntlClientProvider } from 'next-intl'
import { getLocale, getTranslations } from 'next-intl/server'
import { readTheme, themeCookie } from '@/components/shell/preferences'
import { Providers } from './providers'
import './globals.css'

const inter = localFont({
  src: '../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  variable: '--font-inter',
  weight: '100 900',
  // The font is preloaded. If it is late, the page keeps the fallback: a swap would shift the layout.
  display: 'optional',
})

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('product')
  return {
    title: { default: t('name'), template: `%s · ${t('name')}` },
    description: t('line'),
    robots: { index: false },
  }
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: '#1b2030',
}

export default async function RootLayout({ children }: LayoutProps<'/'>) {
  const [locale, jar] = await Promise.all([getLocale(), cookies()])
  return (
    <html
      lang={locale === 'zh' ? 'zh-CN' : locale}
      data-theme={readTheme(jar.get(themeCookie)?.value)}
      className={inter.variable}
    >
      <body>
        <NextIntlClientProvider>
          <Providers>{children}</Providers>
        </NextIntlClientProvider>
      </body>
    </html>
  )
}
