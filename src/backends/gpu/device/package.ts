/** Loads gpu.js by its name at run time, as Node and import maps find it: bundlers must not look for an optional package. */
let load = (): Promise<unknown> => {
  const name = 'gpu.js';
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
};

/** The module gpu.js. Rejects with what its import fails with. */
export function importGpuJs(): Promise<unknown> {
  return load();
}

/** Lets a program bring gpu.js along, in a form that its bundler sees. */
export function bringGpuJs(loader: () => Promise<unknown>): void {
  load = loader;
}
