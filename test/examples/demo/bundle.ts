import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { root } from '../../helpers/sources.js';

/** Bundles with the framework's sources in place of dist. */
export const fromSources: BuildOptions = { alias: { antinode: join(root, 'src/index.ts') } };
