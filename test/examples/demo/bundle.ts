import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { root } from '../../helpers/sources.js';

/** Bundles with the framework's sources in place of dist. */
export const fromSources: BuildOptions = {
  alias: { 'antinode/gpu': join(root, 'src/entries/gpu.ts'), antinode: join(root, 'src/index.ts') },
};
