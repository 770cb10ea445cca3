import { defineConfig } from '@playwright/test'
import { findChromium } from '../lib/start/chromium.mjs'

// `npm test` starts the server that these tests talk to, and sets NEXTAUTH_URL, DATABASE_URL and the rest for both.
export default defineConfig({
  testDir: '.',
  testMatch: '*.e2e.ts',
  outputDir: '../test-results',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  workers: 2,
  retries: 0,
  // As in lib/testing/until.ts: the time limit of all tests is set once, far above what a loaded machine needs.
  timeout: 600_000,
  expect: { timeout: 120_000 },
  reporter: 'list',
  use: {
    baseURL: process.env.NEXTAUTH_URL ?? 'http://127.0.0.1:3000',
    locale: 'en-US',
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: await findChromium(),
      // Keeps the browser from making network requests of its own.
      args: [
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-quic',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  projects: [{ name: 'chromium', use: { browserName: 'chromium' } }],
})
