// Runs the benchmark's workloads in TensorFlow.js on its WebAssembly backend. usage: node tfjs_steps.mjs THREADS
import { fileURLToPath } from 'node:url';
import { load, serve } from './serve.mjs';

const tfjs = await load('@tensorflow/tfjs');
const tf = tfjs.default ?? tfjs;
const wasm = await load('@tensorflow/tfjs-backend-wasm');
const threads = Number(process.argv[2]);
wasm.setThreadsCount(threads);
wasm.setWasmPaths(fileURLToPath(new URL('./node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)));
await tf.setBackend('wasm');
await tf.ready();

/** A step that reads what `run` computes and frees it. */
const reading = (run) => async () => {
  const results = [run()].flat();
  for (const each of results) await each.data();
  for (const each of results) each.dispose();
};

function matmul(n) {
  const a = tf.randomUniform([n, n]);
  const b = tf.randomUniform([n, n]);
  return reading(() => tf.matMul(a, b));
}

// Images are NHWC and kernels HWIO here, the only layout of this backend.
function conv(channels, size, batch, train) {
  const x = tf.randomNormal([batch, size, size, channels]);
  const w = tf.randomNormal([3, 3, channels, channels]);
  const forward = (image, kernel) => tf.conv2d(image, kernel, 1, 'same');
  const backward = tf.grads((image, kernel) => forward(image, kernel).sum());
  return reading(() => (train ? backward([x, w]) : forward(x, w)));
}

function training(layers, shape) {
  const model = tf.sequential({ layers });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const x = tf.randomNormal(shape);
  const labels = tf.floor(tf.randomUniform([shape[0]], 0, 10));
  return () => model.trainOnBatch(x, labels);
}

const { conv2d, dense, flatten, maxPooling2d } = tf.layers;
const relu = { activation: 'relu' };
const answer = () => dense({ units: 10, activation: 'softmax' });

const mlp = () =>
  training([dense({ inputShape: [784], units: 256, ...relu }), dense({ units: 128, ...relu }), answer()], [128, 784]);

const mnist = () =>
  training(
    [
      conv2d({ inputShape: [28, 28, 1], filters: 8, kernelSize: 5, ...relu }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 5, ...relu }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      answer(),
    ],
    [64, 28, 28, 1],
  );

await serve(
  { peer: 'tfjs-wasm', version: tf.version_core, threads },
  {
    'matmul-512': () => matmul(512),
    'matmul-1024': () => matmul(1024),
    'conv3x3-64-32-b8-forward': () => conv(64, 32, 8, false),
    'conv3x3-64-32-b8-train': () => conv(64, 32, 8, true),
    'conv3x3-256-8-b32-train': () => conv(256, 8, 32, true),
    'mlp-b128-train': mlp,
    'mnist-cnn-b64-train': mnist,
  },
);
process.exit(0);
