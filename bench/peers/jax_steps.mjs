// Runs the benchmark's workloads in jax-js on its WebAssembly backend. usage: node jax_steps.mjs THREADS
import { createRequire } from 'node:module';
import { jaxWorkloads, note } from './jax_workloads.mjs';
import { load, serve } from './serve.mjs';

// The package reads navigator on load, which Node 20 does not have.
globalThis.navigator ??= {};
const jax = await load('@jax-js/jax');
const { version } = createRequire(import.meta.url)('./node_modules/@jax-js/jax/package.json');
await serve({ peer: 'jax-js', version, threads: 1, note }, await jaxWorkloads(jax));
process.exit(0);
