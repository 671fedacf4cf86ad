import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Lets tests import the sources by the names that package.json exports. */
export const sources = {
  resolve: {
    alias: [
      { find: /^antinode$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
      { find: /^antinode\/(\w+)$/, replacement: `${fileURLToPath(new URL('./src/entries/', import.meta.url))}$1.ts` },
    ],
  },
};

export default defineConfig({
  ...sources,
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**'],
    // Worker threads of the CPU backend block in Atomics.wait, so every test file gets a process of its own.
    pool: 'forks',
    // one less would leave a second core idle
    maxWorkers: availableParallelism(),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
