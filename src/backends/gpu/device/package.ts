/**
 * Loads gpu.js by name at run time, as Node and import maps resolve it: bundlers must not look for an optional package.
 */
let load = (): Promise<unknown> => {
  const name = 'gpu.js';
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
};

/** Imports the module gpu.js. Rejects with the error of the import if it fails. */
export function importGpuJs(): Promise<unknown> {
  return load();
}

/** Replaces the loader of gpu.js, so that a program can import it in a way that its bundler sees. */
export function bringGpuJs(loader: () => Promise<unknown>): void {
  load = loader;
}
