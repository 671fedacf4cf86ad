// The benchmark's workloads in jax-js, which Node and pages run.
import { nanoGPT } from './jax_nanogpt.mjs';

/**
 * Starts jax-js on its WebAssembly backend and returns its workloads: name -> function that prepares the data and returns
 * the step. Training steps compute the loss and gradients, without an optimizer, which favours jax-js.
 *
 * @param jax the package
 */
export async function jaxWorkloads(jax) {
  const { defaultDevice, grad, init, jit, lax, nn, numpy, random, tree, valueAndGrad } = jax;
  await init('wasm');
  defaultDevice('wasm');

  /** Random values. Every use of an array consumes one reference, so steps pass `.ref`. */
  const normal = (seed, shape) => random.normal(random.key(seed), shape);

  function matmul(n) {
    const a = normal(0, [n, n]);
    const b = normal(1, [n, n]);
    return () => numpy.matmul(a.ref, b.ref).data();
  }

  function conv(channels, size, batch, train) {
    const x = normal(0, [batch, channels, size, size]);
    const w = normal(1, [channels, channels, 3, 3]);
    const forward = (image, kernel) => lax.conv(image, kernel, [1, 1], 'SAME');
    if (!train) {
      const run = jit(forward);
      return () => run(x.ref, w.ref).data();
    }
    const run = jit(grad(([image, kernel]) => forward(image, kernel).sum()));
    return async () => {
      for (const each of run([x.ref, w.ref])) await each.data();
    };
  }

  function mlp() {
    const sizes = [784, 256, 128, 10];
    const weights = sizes.slice(1).map((size, i) => normal(i, [sizes[i], size]).mul(0.05));
    const x = normal(9, [128, 784]);
    const labels = nn.oneHot(numpy.zeros([128], { dtype: numpy.int32 }), 10);
    const loss = (layers, images, targets) => {
      const hidden = layers.slice(0, -1).reduce((h, w) => nn.relu(numpy.matmul(h, w)), images);
      return nn
        .logSoftmax(numpy.matmul(hidden, layers.at(-1)))
        .mul(targets)
        .sum()
        .neg()
        .div(128);
    };
    const run = jit(valueAndGrad(loss));
    return async () => {
      const refs = weights.map((w) => w.ref);
      const [value, gradients] = run(refs, x.ref, labels.ref);
      await value.data();
      for (const each of gradients) await each.data();
    };
  }

  function nanogpt() {
    const { parameters, loss, shape, words } = nanoGPT(jax);
    const weights = parameters((size) => normal(0, size).mul(0.02));
    const text = (seed) => random.randint(random.key(seed), { shape, minval: 0, maxval: words });
    const [tokens, targets] = [text(1), nn.oneHot(text(2), words)];
    const run = jit(valueAndGrad(loss));
    return async () => {
      const [value, gradients] = run(tree.ref(weights), tokens.ref, targets.ref);
      await value.data();
      for (const each of tree.leaves(gradients)) await each.data();
    };
  }

  return {
    'matmul-512': () => matmul(512),
    'matmul-1024': () => matmul(1024),
    'conv3x3-64-32-b8-forward': () => conv(64, 32, 8, false),
    'conv3x3-64-32-b8-train': () => conv(64, 32, 8, true),
    'conv3x3-256-8-b32-train': () => conv(256, 8, 32, true),
    'mlp-b128-train': mlp,
    'nanogpt-train': nanogpt,
  };
}

/** What the times leave out. */
export const note = 'mlp-b128-train and nanogpt-train without their optimizer steps';
