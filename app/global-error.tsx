'use client'

import './globals.css'

// The root layout failed, so no messages are available: the text is in both languages.
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-4 text-center">
          <h1 className="font-semibold text-xl">This page could not be shown · 页面无法显示</h1>
          {error.digest && <p className="font-mono text-ink-muted text-xs">{error.digest}</p>}
          <button
            type="button"
            onClick={reset}
            className="h-8 rounded-control bg-accent px-3 font-medium text-on-accent text-sm"
          >
            Try again · 重试
          </button>
        </main>
      </body>
    </html>
  )
}
