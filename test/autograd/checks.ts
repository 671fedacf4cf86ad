import fc from 'fast-check';
import { it } from 'vitest';
import { autograd, type Tensor, tensor } from '../../src/index.js';
import { seeds, stream } from '../helpers/arbitraries.js';

/** What values an input has. */
export type Kind =
  | 'apart' /** in (-1, 1), all different and none 0, so that differences do not cross a kink or a tie */
  | 'positive' /** in (0.2, 2.2), all different */
  | 'wide'; /** in (-6, 6), all different and none 0 */

const ranges: Readonly<Record<Kind, readonly [number, number]>> = {
  apart: [-1, 1],
  positive: [0.2, 2.2],
  wide: [-6, 6],
};

/** Evenly spaced numbers in random order; `place` shifts them, so that those of several inputs differ, too. */
export function values(size: number, seed: number, kind: Kind = 'apart', place = 0): Float64Array {
  const [low, high] = ranges[kind];
  const next = stream(seed + place);
  const order = Array.from({ length: size }, (_, i) => ({ i, key: next() })).sort((x, y) => x.key - y.key);
  const offset = (0.37 + (place * Math.SQRT2) / 13) % 1;
  return Float64Array.from(order, ({ i }) => low + ((high - low) * (i + offset)) / size);
}

/** A float32 tensor of such numbers on the reference device. */
export function input(shape: readonly number[], seed: number, kind: Kind = 'apart', place = 0): Tensor {
  const size = shape.reduce((m, n) => m * n, 1);
  return tensor(values(size, seed, kind, place), { shape, device: 'reference' });
}

/** One differentiable function and the shapes of what it is checked at. */
export interface Checked {
  readonly shapes: readonly (readonly number[])[];
  readonly f: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  readonly kinds?: readonly Kind[];
}

/** A test that first and second derivatives are right for what `cases` makes. */
export function differentiates(
  name: string,
  cases: fc.Arbitrary<Checked>,
  { numRuns = 20, second = true }: { readonly numRuns?: number; readonly second?: boolean } = {},
): void {
  it(`differentiates ${name}${second ? ' twice' : ''}`, () => {
    fc.assert(
      fc.property(cases, seeds, ({ shapes, f, kinds }, seed) => {
        const inputs = () => shapes.map((shape, i) => input(shape, seed, kinds?.[i], i));
        autograd.gradcheck(f, inputs());
        if (second) autograd.gradgradcheck(f, inputs(), { rtol: 1e-4, atol: 1e-6 });
      }),
      { numRuns },
    );
  });
}
