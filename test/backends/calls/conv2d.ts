import fc from 'fast-check';
import type { Conv2dGeometry } from '../../../src/tensor/backend.js';
import { conv2dGeometry } from '../../../src/tensor/geometry.js';
import { product, seeds, type Values } from '../../helpers/arbitraries.js';
import { type Calls, call, garbage, given } from './call.js';

/** Shapes of a convolution together with its geometry. */
export interface Conv2dCase {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
  readonly g: Conv2dGeometry;
  readonly seed: number;
  readonly kind: Values;
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const two = <T>(one: fc.Arbitrary<T>) => fc.tuple(one, one);

/**
 * Convolutions of any stride (which need not divide the sizes), padding, dilation and number of groups; sometimes with
 * no images, often with the square 3x3 and 1x1 kernels that have fast paths.
 */
export function conv2dCases(size: number): fc.Arbitrary<Conv2dCase> {
  const common = fc.constantFrom(
    { kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] },
    { kernel: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1] },
    { kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1] },
    { kernel: [1, 1], stride: [2, 2], padding: [0, 0], dilation: [1, 1] },
    { kernel: [5, 5], stride: [1, 1], padding: [2, 2], dilation: [1, 1] },
    { kernel: [2, 19], stride: [1, 2], padding: [0, 9], dilation: [1, 1] },
  );
  const odd = fc.record({
    kernel: two(upTo(4)),
    stride: two(upTo(3)),
    padding: two(upTo(3, 0)),
    dilation: two(upTo(2)),
  });
  const channels = Math.ceil(Math.sqrt(size) / 2);
  return fc
    .record({
      window: fc.oneof(common, odd) as typeof odd,
      batch: fc.oneof({ weight: 9, arbitrary: upTo(3) }, { weight: 1, arbitrary: fc.constant(0) }),
      groups: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: upTo(4) }),
      inPerGroup: upTo(channels),
      outPerGroup: upTo(channels),
      spare: two(upTo(11, 0)),
      seed: seeds,
      kind: fc.constantFrom<Values>('lattice', 'unit'),
    })
    .map(
      ({
        window: { kernel, stride, padding, dilation },
        batch,
        groups,
        inPerGroup,
        outPerGroup,
        spare,
        seed,
        kind,
      }) => {
        // at least the size that the kernel needs
        const [height, width] = [0, 1].map((i) =>
          Math.max(1, dilation[i] * (kernel[i] - 1) + 1 - 2 * padding[i] + spare[i]),
        );
        const x = [batch, inPerGroup * groups, height, width];
        const w = [outPerGroup * groups, inPerGroup, ...kernel];
        const g = conv2dGeometry(x, w, { stride, padding, dilation, groups });
        return { x, w, y: [batch, g.outChannels, g.outHeight, g.outWidth], g, seed, kind };
      },
    );
}

/** 3x3 kernels of stride 1 between many channels, on planes of any size, where transforms pay off. */
function wideCases(size: number): fc.Arbitrary<Conv2dCase> {
  const channels = upTo(12 + Math.ceil(Math.sqrt(size) / 4), 10);
  const length = upTo(18, 3);
  return fc
    .record({
      batch: upTo(3),
      inChannels: channels,
      outChannels: channels,
      height: length,
      width: length,
      padding: two(upTo(2, 0)),
      seed: seeds,
      kind: fc.constantFrom<Values>('lattice', 'unit'),
    })
    .map(({ batch, inChannels, outChannels, height, width, padding, seed, kind }) => {
      const x = [batch, inChannels, height, width];
      const w = [outChannels, inChannels, 3, 3];
      const g = conv2dGeometry(x, w, { padding });
      return { x, w, y: [batch, outChannels, g.outHeight, g.outWidth], g, seed, kind };
    });
}

function options(g: Conv2dGeometry): string {
  return `stride (${g.strideY}, ${g.strideX}), padding (${g.padY}, ${g.padX}), dilation (${g.dilationY}, ${g.dilationX}), groups ${g.groups}`;
}

/**
 * Rounding grows with the number of products in a sum, and is larger if a backend may work in the transformed
 * domain of Winograd's minimal filtering.
 */
function tolerance(products: number, g: Conv2dGeometry, kind: Values): { rtol: number; atol: number } {
  const square = g.kernelHeight === 3 && g.kernelWidth === 3;
  const dense = g.strideY * g.strideX * g.dilationY * g.dilationX * g.groups === 1;
  const transforms = square && dense && Math.min(g.inChannels, g.outChannels) >= 8;
  const atol = transforms ? 2e-5 + 2.5e-7 * products : 1e-5 + 1.5e-7 * products;
  return { rtol: 2e-5, atol: (kind === 'lattice' ? 16 : 1) * atol };
}

const forward = (cases: typeof conv2dCases): Calls => {
  return (size) =>
    fc.tuple(cases(size), fc.boolean()).map(([{ x, w, y, g, seed, kind }, biased]) =>
      call(
        `conv2d ${options(g)} of ${kind} values`,
        {
          x: given(x, 'float32', seed, kind),
          w: given(w, 'float32', seed + 1, kind),
          ...(biased ? { bias: given([g.outChannels], 'float32', seed + 2, kind) } : {}),
          out: garbage(y),
        },
        ['out'],
        (backend, { x, w, bias, out }) => backend.conv2d(x, w, bias ?? null, out, g),
        tolerance(product(w.slice(1)), g, kind),
      ),
    );
};

const inputGrad = (cases: typeof conv2dCases): Calls => {
  return (size) =>
    cases(size).map(({ x, w, y, g, seed, kind }) =>
      call(
        `conv2dInputGrad ${options(g)} of ${kind} values`,
        { dy: given(y, 'float32', seed, kind), w: given(w, 'float32', seed + 1, kind), dx: garbage(x) },
        ['dx'],
        (backend, { dy, w, dx }) => backend.conv2dInputGrad(dy, w, dx, g),
        tolerance(product(w) / (g.groups * w[1]), g, kind),
      ),
    );
};

const weightGrad = (cases: typeof conv2dCases): Calls => {
  return (size) =>
    cases(size).map(({ x, w, y, g, seed, kind }) =>
      call(
        `conv2dWeightGrad ${options(g)} of ${kind} values`,
        { x: given(x, 'float32', seed, kind), dy: given(y, 'float32', seed + 1, kind), dw: garbage(w) },
        ['dw'],
        (backend, { x, dy, dw }) => backend.conv2dWeightGrad(x, dy, dw, g),
        tolerance(g.batch * g.outHeight * g.outWidth, g, kind),
      ),
    );
};

/** Convolution and its gradients. */
export const conv2dCalls: Readonly<Record<string, Calls>> = {
  conv2d: forward(conv2dCases),
  conv2dInputGrad: inputGrad(conv2dCases),
  conv2dWeightGrad: weightGrad(conv2dCases),
  'conv2d: many channels': forward(wideCases),
  'conv2dInputGrad: many channels': inputGrad(wideCases),
  'conv2dWeightGrad: many channels': weightGrad(wideCases),
};
