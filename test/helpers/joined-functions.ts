import { spawnSync } from 'node:child_process';
import { flags } from '../../src/backends/cpu/wide/compile.js';

/** Compiles modules, given as base64 in JSON on stdin, with V8's trace of the pass that joins vectors. */
const tracer = `
  const { setFlagsFromString } = require('node:v8');
  const flags = ['--trace-wasm-revectorize', '--wasm-num-compilation-tasks=1'];
  for (const flag of [...flags, ...JSON.parse(process.argv[1])]) setFlagsFromString(flag);
  for (const text of JSON.parse(require('node:fs').readFileSync(0, 'utf8'))) {
    require('node:fs').writeSync(1, 'module\\n');
    new WebAssembly.Module(Buffer.from(text, 'base64'));
  }`;

/** For each module, the functions in which V8 joins vectors, by index, with the operations that it joins. */
export function joinedFunctions(modules: readonly Uint8Array[]): Map<number, string>[] {
  const { stdout } = spawnSync(process.execPath, ['-e', tracer, JSON.stringify(flags.map(([on]) => on))], {
    input: JSON.stringify(modules.map((bytes) => Buffer.from(bytes).toString('base64'))),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return stdout
    .split(/^module$/m)
    .slice(1)
    .map((trace) => {
      const functions = trace.split('Begin revec function wasm-function#').slice(1);
      return new Map(
        functions.flatMap((text) => {
          const decided = /Decided? to vectorize.*/s.exec(text);
          return decided ? [[Number.parseFloat(text), decided[0]] as const] : [];
        }),
      );
    });
}
