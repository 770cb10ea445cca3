import { randomBytes } from 'node:crypto'
import createNextIntlPlugin from 'next-intl/plugin'
import { workerHeaders } from './lib/security-headers.mjs'

// Messages are compiled at build time, so their parser never reaches a browser.
const withNextIntl = createNextIntlPlugin({
  requestConfig: './lib/messages/request.ts',
  experimental: { messages: { path: './lib/messages', format: 'json', locales: ['en', 'zh'], precompile: true } },
})

// Every build has a name, which its pages say with each request. `npm start` names it after the sources, so that servers which
// build the same ones agree; the parts of one `next build` agree because the environment is handed down.
// The development server has one that never changes: it updates its pages by itself.
process.env.ECS_BUILD ??= process.env.NODE_ENV === 'development' ? 'development' : randomBytes(8).toString('hex')
const { ECS_BUILD, ECS_COMMIT = '' } = process.env

/** @type {import('next').NextConfig} */
const nextConfig = {
  distDir: process.env.NEXT_DIST_DIR ?? '.next',
  env: { ECS_BUILD, ECS_COMMIT },
  generateBuildId: () => ECS_BUILD,
  reactStrictMode: true,
  typedRoutes: true,
  poweredByHeader: false,
  // No page has such an image, and without it there is no address that converts pictures for strangers.
  images: { unoptimized: true },
  experimental: {
    // Metrics and logs name an operation by its function, so the server's functions keep their names.
    serverMinification: false,
    // Small files compress badly one by one: ten instead of eighteen for a page are 4.4 kB less.
    turbopackChunking: {
      requestCost: 2_000_000,
      firstPageLoadPriority: 0.9,
      minChunkSize: 200_000,
      maxMergeChunkSize: 1_000_000,
    },
  },
  serverExternalPackages: ['pg', 'pino', 'prom-client', 'ws', '@aws-sdk/client-s3', '@node-rs/argon2'],
  headers: async () => [{ source: '/_next/static/:path*', headers: workerHeaders }],
}

export default withNextIntl(nextConfig)
