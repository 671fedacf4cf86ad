import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.js';

/** Drives pages of the demo and the benchmark in Chromium, which is slow without a GPU. */
export default mergeConfig(
  { ...config, test: { ...config.test, include: [] } },
  defineConfig({
    test: {
      include: ['test/**/*.page.ts'],
      fileParallelism: false,
      testTimeout: 300_000,
      hookTimeout: 120_000,
    },
  }),
);
