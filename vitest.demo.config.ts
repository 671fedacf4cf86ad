import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.js';

/** Drives the demo page in Chromium, which is slow without a GPU. */
export default mergeConfig(
  { ...config, test: { ...config.test, include: [] } },
  defineConfig({
    test: {
      include: ['test/examples/demo/*.page.ts'],
      fileParallelism: false,
      testTimeout: 300_000,
      hookTimeout: 120_000,
    },
  }),
);
