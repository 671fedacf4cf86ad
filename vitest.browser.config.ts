import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumFlags, findChromium } from './test/helpers/chromium.js';
import { sources } from './vitest.config.js';

/** Runs the tests that need a browser, in Chromium without a window. */
export default defineConfig({
  ...sources,
  // isolated pages, in which threads can share memory
  server: { headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } },
  // known before the first page loads, which would have to load again otherwise
  optimizeDeps: {
    include: ['fast-check', 'gpu.js', '@zip.js/zip.js/lib/zip-core-reader.js', '@zip.js/zip.js/lib/zip-core-writer.js'],
  },
  test: {
    include: ['test/browser/*.test.ts'],
    maxWorkers: availableParallelism(),
    browser: {
      enabled: true,
      headless: true,
      provider: playwright({ launchOptions: { executablePath: findChromium(), args: chromiumFlags } }),
      instances: [{ browser: 'chromium' }],
      screenshotFailures: false,
    },
    // compiling hundreds of kernels takes a while without a GPU
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
