// Measures the same as bench/first-step.mjs for jax-js: milliseconds to the end of its import, and to the end of the
// first training step.
import { load, send } from './serve.mjs';

// The package reads navigator on load, which Node 20 does not have.
globalThis.navigator ??= {};
const start = performance.now();
const { defaultDevice, init, jit, nn, numpy, random, valueAndGrad } = await load('@jax-js/jax');
const imported = performance.now() - start;

await init();
defaultDevice('wasm');
const normal = (seed, shape) => random.normal(random.key(seed), shape);
const weights = [normal(0, [784, 128]).mul(0.05), normal(1, [128, 10]).mul(0.05)];
const images = normal(2, [32, 784]);
const labels = nn.oneHot(numpy.zeros([32], { dtype: numpy.int32 }), 10);
const loss = ([first, second]) => {
  const hidden = nn.relu(numpy.matmul(images.ref, first));
  return nn.logSoftmax(numpy.matmul(hidden, second)).mul(labels.ref).sum().neg().div(32);
};
const [value, gradients] = jit(valueAndGrad(loss))(weights.map((w) => w.ref));
const updated = weights.map((w, i) => w.sub(gradients[i].mul(0.1)));
await value.data();
for (const each of updated) await each.data();
send({ imported, stepped: performance.now() - start });
process.exit(0);
