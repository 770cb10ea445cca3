import { randomBytes } from 'node:crypto'
import createNextIntlPlugin from 'next-intl/plugin'
import { workerHeaders } from './lib/security-headers.mjs'

// Messages are compiled at build time, so their parser never reaches a browser.
const withNextIntl = createNextIntlPlugin({
  requestConfig: './lib/messages/request.ts',
  experimental: { messages: { path: './lib/messages', format: 'json', locales: ['en', 'zh'], precompile: true } },
})

// The name of a build, which its pages send with each request. `npm start` derives it from the sources, so that servers with the
// same sources agree; the processes of one `next build` agree because they inherit the environment.
// The development server has a constant name: it updates its pages by itself.
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
  // No page uses the image optimiser; without it there is no endpoint that converts pictures for strangers.
  images: { unoptimized: true },
  experimental: {
    // Metrics and logs name an operation by its function, so the server's functions keep their names.
    serverMinification: false,
    // Small files compress badly one by one: ten files instead of eighteen for a page save 4.4 kB.
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
