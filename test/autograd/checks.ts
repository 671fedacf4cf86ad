import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  AntinodeError,
  autograd,
  noGrad,
  ones,
  Parameter,
  scope,
  type Tensor,
  type TypedArray,
  tensor,
} from '../../src/index.js';
import { seeds, stream } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { devices } from './devices.js';

/** The kind of values of an input. */
export type Kind =
  | 'apart' /** in (-1, 1), all different and none 0, so that differences do not cross a kink or a tie */
  | 'positive' /** in (0.2, 2.2), all different */
  | 'wide'; /** in (-6, 6), all different and none 0 */

const ranges: Readonly<Record<Kind, readonly [number, number]>> = {
  apart: [-1, 1],
  positive: [0.2, 2.2],
  wide: [-6, 6],
};

/** Evenly spaced numbers in random order; `place` shifts them, so that the values of different inputs also differ. */
export function values(size: number, seed: number, kind: Kind = 'apart', place = 0): Float64Array {
  const [low, high] = ranges[kind];
  const next = stream(seed + place);
  const order = Array.from({ length: size }, (_, i) => ({ i, key: next() })).sort((x, y) => x.key - y.key);
  const offset = (0.37 + (place * Math.SQRT2) / 13) % 1;
  return Float64Array.from(order, ({ i }) => low + ((high - low) * (i + offset)) / size);
}

/** A float32 tensor of these numbers, by default on the reference device. */
export function input(
  shape: readonly number[],
  seed: number,
  kind: Kind = 'apart',
  { place = 0, ...options }: { place?: number; device?: string; requiresGrad?: boolean } = {},
): Tensor {
  const size = shape.reduce((m, n) => m * n, 1);
  return tensor(values(size, seed, kind, place), { shape, device: 'reference', ...options });
}

/** A differentiable function and the shapes of the inputs at which it is checked. */
export interface Checked {
  readonly shapes: readonly (readonly number[])[];
  /** Runs on whichever device its inputs are on. */
  readonly f: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  readonly kinds?: readonly Kind[];
}

/** Tests that first and second derivatives are correct for the generated `cases`, and the same on every device. */
export function differentiates(
  name: string,
  cases: fc.Arbitrary<Checked>,
  { numRuns = 20 }: { readonly numRuns?: number } = {},
): void {
  it(`differentiates ${name} twice`, () => {
    fc.assert(
      fc.property(cases, seeds, ({ shapes, f, kinds }, seed) => {
        const inputs = () => shapes.map((shape, place) => input(shape, seed, kinds?.[place], { place }));
        autograd.gradcheck(f, inputs());
        autograd.gradgradcheck(f, inputs(), { rtol: 1e-4, atol: 1e-6 });
      }),
      { numRuns },
    );
  });

  it(`never differentiates ${name} at values that were changed in place`, () => {
    fc.assert(
      fc.property(cases, seeds, fc.nat(), (checked, seed, at) => {
        const changed = checked.shapes.length > 0 ? at % checked.shapes.length : null;
        const found = scope(() => afterChange(checked, seed, changed));
        if (found instanceof AntinodeError) expect(found.message).toMatch(/: expected the .*, got one that assign has/);
        else expect(found).toEqual(scope(() => afterChange(checked, seed, null)));
      }),
      { numRuns },
    );
  });

  it.each(devices.slice(1))(`computes ${name} on %s as on reference`, (device) => {
    fc.assert(
      fc.property(cases, seeds, (checked, seed) => {
        const expected = scope(() => outcomes(checked, seed, 'reference'));
        const found = scope(() => outcomes(checked, seed, device));
        expect(found.map(({ what, shape }) => ({ what, shape }))).toEqual(
          expected.map(({ what, shape }) => ({ what, shape })),
        );
        found.forEach(({ what, shape, values }, i) => {
          const scale = Math.max(1, ...Array.from(expected[i].values, Math.abs));
          close(values, expected[i].values, 1e-4, 1e-5 * scale, { what, shape });
        });
      }),
      { numRuns },
    );
  });
}

/** How a backward pass after an in-place change of one input ends: with gradients, or with an error. */
function afterChange(checked: Checked, seed: number, changed: number | null): Outcome[] | AntinodeError {
  const inputs = checked.shapes.map((shape, place) =>
    input(shape, seed, checked.kinds?.[place], { place, requiresGrad: true }),
  );
  const results = [checked.f(...inputs)].flat().filter((y) => y.requiresGrad);
  if (changed !== null) noGrad(() => new Parameter(inputs[changed]).assign(ones(inputs[changed].shape)));
  try {
    results.forEach((y, i) => {
      y.backward(input(y.shape, i), { retainGraph: true });
    });
  } catch (error) {
    if (!(error instanceof AntinodeError)) throw error;
    return error;
  }
  return inputs.flatMap(({ grad, shape }, i) => (grad ? [{ what: `${i}`, shape, values: grad.dataSync() }] : []));
}

interface Outcome {
  readonly what: string;
  readonly shape: readonly number[];
  readonly values: TypedArray;
}

/** Results and gradients on one device; the gradients are those of a sum of all results with different weights. */
function outcomes({ shapes, f, kinds }: Checked, seed: number, device: string): Outcome[] {
  const options = { device, requiresGrad: true };
  const inputs = shapes.map((shape, place) => input(shape, seed, kinds?.[place], { place, ...options }));
  const results = [f(...inputs)].flat();
  results.forEach((y, i) => {
    if (y.requiresGrad) y.backward(input(y.shape, i, 'apart', { device }), { retainGraph: true });
  });
  const told = (what: string, tensors: readonly (Tensor | null)[]): Outcome[] =>
    tensors.flatMap((t, i) => (t ? [{ what: `${what} ${i}`, shape: t.shape, values: t.dataSync() }] : []));
  return [
    ...told('result', results),
    ...told(
      'gradient of input',
      inputs.map((x) => x.grad),
    ),
  ];
}
