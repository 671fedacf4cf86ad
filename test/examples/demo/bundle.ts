import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { root } from '../../helpers/sources.js';

/** esbuild options that bundle the framework's sources instead of dist. */
export const fromSources: BuildOptions = {
  alias: { 'antinode/gpu': join(root, 'src/entries/gpu.ts'), antinode: join(root, 'src/index.ts') },
};
