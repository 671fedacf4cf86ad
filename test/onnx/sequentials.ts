import fc from 'fast-check';
import * as a from '../../src/index.js';

const { nn } = a;

/** What a random sequence of layers is made from. */
export interface Choice {
  readonly seed: number;
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly layers: readonly { readonly kind: string; readonly i: number; readonly j: number }[];
  readonly dynamic: boolean;
}

/** Makes a layer for inputs of a shape, or null if it does not fit. */
type Maker = (shape: readonly number[], i: number, j: number) => a.nn.Layer | null;

const activations: readonly (() => a.nn.Layer)[] = [
  ...[
    () => new nn.ReLU(),
    () => new nn.LeakyReLU(0.2),
    () => new nn.ELU(0.5),
    () => new nn.SiLU(),
    () => new nn.GELU(),
  ],
  ...[
    () => new nn.Sigmoid(),
    () => new nn.Tanh(),
    () => new nn.Softplus(),
    () => new nn.Softplus({ beta: 2, threshold: 5 }),
  ],
];

const image =
  (make: Maker): Maker =>
  (shape, i, j) =>
    shape.length === 4 && Math.min(shape[2], shape[3]) >= 3 ? make(shape, i, j) : null;

const makers: Readonly<Record<string, Maker>> = {
  activation: (_, i) => activations[i % activations.length](),
  convolution: image(([, channels], i, j) => {
    const groups = channels % 2 === 0 ? 1 + (i % 2) : 1;
    const kernel = [1 + (j % 3), 1 + (i % 3)] as const;
    const options = { stride: [1, 1 + (j % 2)] as const, padding: [i % 2, j % 2] as const, groups, bias: i % 3 > 0 };
    return new nn.Conv2d(channels, groups * (1 + (j % 3)), kernel, options);
  }),
  dilated: image(([, channels]) => new nn.Conv2d(channels, 3, 2, { dilation: 2, padding: 1 })),
  batchNorm: (shape, i) => {
    const options = { affine: i % 2 === 0, eps: 1e-3 };
    const norm = shape.length === 4 ? new nn.BatchNorm2d(shape[1], options) : new nn.BatchNorm1d(shape[1], options);
    nn.init.uniform(norm.runningMean, -1, 1);
    nn.init.uniform(norm.runningVar, 0.5, 2);
    return norm;
  },
  layerNorm: (shape, i) => new nn.LayerNorm(shape.slice(i % 2 === 0 ? -1 : 1), { bias: i % 3 > 0, eps: 0.1 }),
  maxPool: image((_, i, j) => new nn.MaxPool2d([2 + (i % 2), 2], { stride: 1 + (j % 3), padding: i % 2 })),
  avgPool: image((_, i, j) => new nn.AvgPool2d([2, 2 + (i % 2)], { stride: 1 + (j % 3), padding: [j % 2, 1] })),
  adaptive: image((_, i, j) => new nn.AdaptiveAvgPool2d([1 + (i % 3), 1 + (j % 3)])),
  flatten: (shape) => (shape.length > 2 ? new nn.Flatten() : null),
  linear: (shape, i) => new nn.Linear(shape[shape.length - 1], 1 + (i % 5), { bias: i % 2 === 0 }),
  softmax: (shape, i) => (i % 2 === 0 ? new nn.Softmax(shape.length - 1) : new nn.LogSoftmax(1)),
  identity: (_, i) => (i % 2 === 0 ? new nn.Dropout(0.5) : new nn.Identity()),
};

const small = (min: number, max: number) => fc.integer({ min, max });

/** Random sequences of layers. */
export const choices: fc.Arbitrary<Choice> = fc.record({
  seed: fc.nat(9999),
  shape: fc.tuple(small(1, 2), small(1, 4), small(3, 8), small(3, 8)),
  layers: fc.array(fc.record({ kind: fc.constantFrom(...Object.keys(makers)), i: fc.nat(99), j: fc.nat(99) }), {
    maxLength: 7,
  }),
  dynamic: fc.boolean(),
});

/** The sequence of those layers that fit, and the shape of its input. */
export function sequentialOf({ seed, shape, layers }: Choice): { model: a.nn.Sequential; shape: readonly number[] } {
  a.manualSeed(seed);
  const made: a.nn.Layer[] = [];
  let x = a.randn(shape);
  for (const { kind, i, j } of layers) {
    const layer = makers[kind](x.shape, i, j);
    if (!layer) continue;
    made.push(layer);
    x = a.noGrad(() => layer.eval().forward(x)) as a.Tensor;
  }
  return { model: new nn.Sequential(...made), shape };
}
