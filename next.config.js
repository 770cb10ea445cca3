import { randomBytes } from 'node:crypto'
import createNextIntlPlugin from 'next-intl/plugin'

// Messages are compiled at build time, so their parser never reaches a browser.
const withNextIntl = createNextIntlPlugin({
  requestConfig: './lib/messages/request.ts',
  experimental: { messages: { path: './lib/messages', format: 'json', locales: ['en', 'zh'], precompile: true } },
})

// The page may load nothing from elsewhere and may not be framed. Next puts small inline scripts into every page,
// so scripts are limited by origin and not by nonce: a nonce would need a proxy in front of every route.
const contentSecurityPolicy = [
  "default-src 'self'",
  `script-src 'self' 'unsafe-inline'${process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : ''}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

// A worker has the policy of its own file. Only there may WebAssembly run: it hashes what is uploaded.
const workerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"

// Every build has a name, which its pages say with each request. `npm start` names it after the sources, so that servers which
// build the same ones agree; the parts of one `next build` agree because the environment is handed down.
process.env.ECS_BUILD ??= randomBytes(8).toString('hex')
const { ECS_BUILD } = process.env

/** @type {import('next').NextConfig} */
const nextConfig = {
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  env: { ECS_BUILD },
  generateBuildId: () => ECS_BUILD,
  reactStrictMode: true,
  typedRoutes: true,
  poweredByHeader: false,
  // Metrics and logs name an operation by its function, so the server's functions keep their names.
  experimental: { serverMinification: false },
  serverExternalPackages: ['pg', 'pino', 'prom-client', '@aws-sdk/client-s3', '@node-rs/argon2'],
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'Content-Security-Policy', value: contentSecurityPolicy },
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
      ],
    },
    {
      source: '/_next/static/:path*',
      headers: [{ key: 'Content-Security-Policy', value: workerPolicy }],
    },
  ],
}

export default withNextIntl(nextConfig)
