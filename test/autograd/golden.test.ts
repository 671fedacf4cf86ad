import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as activations from '../../src/autograd/ops/math/activation.js';
import * as elementary from '../../src/autograd/ops/math/elementary.js';
import * as a from '../../src/index.js';
import { close } from '../helpers/close.js';
import { filled } from '../helpers/fill.js';
import { devices } from './devices.js';

interface Filled {
  readonly shape: readonly number[];
  readonly lo?: number;
  readonly hi?: number;
  readonly int?: boolean;
  readonly below?: number;
}

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly inputs: Readonly<Record<string, Filled>>;
  readonly outputs: readonly Values[];
  readonly grads: Readonly<Record<string, Values>>;
}

type Inputs = Readonly<Record<string, a.Tensor>>;
type Args = {
  readonly kernel_size: a.Pair;
  readonly ceil_mode?: boolean;
  readonly stride?: a.Pair;
  readonly padding?: a.Pair;
  readonly dilation?: a.Pair;
  readonly groups?: number;
  readonly output_size: a.Pair;
  readonly eps: number;
  readonly running_mean: number;
  readonly running_var: number;
  readonly normalized_shape: number[];
  readonly negative_slope: number;
  readonly dim: number;
  readonly keepdim?: boolean;
  readonly label_smoothing?: number;
  readonly pad: number[];
};

const like = (x: a.Tensor, value: number) => a.full([x.size], value, { device: x.device });

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Every operation of the golden file by its name in PyTorch; functions of x alone come from their modules. */
const operations: Readonly<Record<string, (inputs: Inputs, args: Args) => a.Tensor>> = {
  ...Object.fromEntries(
    Object.entries({ ...elementary, ...activations }).map(([name, f]) => [snakeCase(name), ({ x }: Inputs) => f(x)]),
  ),
  conv2d: ({ x, w, b }, { stride, padding, dilation, groups }) =>
    a.conv2d(x, w, b, { stride, padding, dilation, groups }),
  max_pool2d: ({ x }, { kernel_size, ceil_mode: ceilMode, ...args }) =>
    a.maxPool2d(x, kernel_size, { ...args, ceilMode }),
  avg_pool2d: ({ x }, { kernel_size, ceil_mode: ceilMode, ...args }) =>
    a.avgPool2d(x, kernel_size, { ...args, ceilMode }),
  adaptive_avg_pool2d: ({ x }, { output_size }) => a.adaptiveAvgPool2d(x, output_size),
  adaptive_max_pool2d: ({ x }, { output_size }) => a.adaptiveMaxPool2d(x, output_size),
  batch_norm_train: ({ x, w, b }, { eps }) => a.batchNorm(x, null, null, w, b, { eps }),
  batch_norm_eval: ({ x, w, b }, { eps, running_mean, running_var }) =>
    a.batchNorm(x, like(w, running_mean), like(w, running_var), w, b, { eps }),
  layer_norm: ({ x, w, b }, { normalized_shape, eps }) => a.layerNorm(x, normalized_shape, w, b, eps),
  linear: ({ x, w, b }) => a.linear(x, w, b),
  matmul: (t) => a.matmul(t.a, t.b),
  leaky_relu: ({ x }, { negative_slope }) => a.leakyRelu(x, negative_slope),
  softmax: ({ x }, { dim }) => a.softmax(x, dim),
  log_softmax: ({ x }, { dim }) => a.logSoftmax(x, dim),
  logsumexp: ({ x }, { dim }) => a.logsumexp(x, dim),
  cross_entropy: ({ x, y }, { label_smoothing }) => a.crossEntropy(x, y, { labelSmoothing: label_smoothing }),
  mse_loss: ({ x, t }) => a.mseLoss(x, t),
  embedding: ({ w, y }) => a.embedding(y, w),
  add: (t) => a.add(t.a, t.b),
  sub: (t) => a.sub(t.a, t.b),
  mul: (t) => a.mul(t.a, t.b),
  div: (t) => a.div(t.a, t.b),
  maximum: (t) => a.maximum(t.a, t.b),
  sum: ({ x }, { dim }) => a.sum(x, dim),
  mean: ({ x }, { dim, keepdim }) => a.mean(x, dim, { keepDim: keepdim }),
  var: ({ x }, { dim }) => a.variance(x, dim),
  max: ({ x }, { dim }) => a.max(x, dim),
  prod_all_sum_of_squares: ({ x }) => a.sum(a.mul(x, x)),
  cat: (t, { dim }) => a.cat([t.a, t.b], dim),
  transpose_reshape_slice: ({ x }) =>
    x
      .permute(2, 0, 1)
      .reshape(4, 6)
      .slice([
        [1, 3],
        [null, null, 2],
      ]),
  pad: ({ x }, { pad }) => a.pad(x, pad),
};

const { cases } = JSON.parse(readFileSync(new URL('../golden/layers.json', import.meta.url), 'utf8')) as {
  cases: readonly Case[];
};

const size = (shape: readonly number[]) => shape.reduce((m, n) => m * n, 1);

function valuesOf({ shape, lo = 0, hi = 1, below = 0, int }: Filled, name: string): Float64Array | Float32Array {
  const values = filled(size(shape), name, lo, hi);
  return int ? Float64Array.from(values, (value) => Math.floor(value * below)) : values;
}

/**
 * Asserts that values agree within 1e-5. Sums of numbers that cancel in single precision only do so relative to the
 * largest value.
 */
function near(actual: a.Tensor, expected: readonly number[], what: string, device: string): void {
  const scale = device === 'reference' ? 0.3 : Math.max(0.3, ...expected.map(Math.abs));
  close(actual.dataSync(), expected, 1e-5, 1e-5 * scale, { what, shape: actual.shape });
}

describe.each(devices)('on %s', (device) => {
  it.each(cases.map((c) => ({ name: `${c.op} ${JSON.stringify(c.args)} (${c.key})`, ...c })))(
    '$name agrees with PyTorch forward and backward',
    ({ op, args, key, inputs, outputs, grads }) => {
      const tensors: Record<string, a.Tensor> = {};
      for (const [name, input] of Object.entries(inputs)) {
        const { shape, int } = input;
        const options = { shape, device, dtype: int ? 'int32' : 'float32', requiresGrad: !int } as const;
        tensors[name] = a.tensor(valuesOf(input, `${key}/${name}`), options);
      }
      const y = operations[op](tensors, args as unknown as Args);
      expect(outputs).toHaveLength(1);
      expect(y.shape).toEqual(outputs[0].shape);
      near(y, outputs[0].data, 'output', device);
      y.backward(a.tensor(filled(y.size, `${key}/dy0`, -1, 1), { shape: y.shape, device }));
      expect(Object.keys(grads)).not.toEqual([]);
      for (const [name, { shape, data }] of Object.entries(grads)) {
        const grad = tensors[name].grad as a.Tensor;
        expect(grad.shape).toEqual(shape);
        near(grad, data, `gradient of ${name}`, device);
      }
    },
  );
});
