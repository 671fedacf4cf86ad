// The benchmark's workloads in jax-js, for a page.
import { answering } from './answer.mjs';
import { jaxWorkloads, note } from './jax_workloads.mjs';
import { version } from './node_modules/@jax-js/jax/package.json';

/** Starts jax-js in a page, on its WebAssembly backend. */
export async function start(threads) {
  // The package starts as many workers as there are processors and has no option for it.
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: threads });
  const workloads = await jaxWorkloads(await import('@jax-js/jax'));
  return { hello: { peer: 'jax-js', version, threads, note }, answer: answering('jax-js', workloads) };
}
