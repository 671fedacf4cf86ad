import fc from 'fast-check';
import { anyDtype, seeds, shapes, type Values } from '../../helpers/arbitraries.js';
import { type Calls, call, garbage, given } from './call.js';

/** A shape and one of its axes. */
function axes(size: number): fc.Arbitrary<{ shape: number[]; axis: number; seed: number }> {
  return shapes({ minAxes: 1, maxSize: size }).chain((shape) =>
    fc.record({ shape: fc.constant(shape), axis: fc.nat({ max: shape.length - 1 }), seed: seeds }),
  );
}

/** Ties (repeated values), NaN and infinities, with and without the reduced axis in the output. */
const argReduce: Calls = (size) =>
  fc
    .tuple(
      axes(size),
      fc.constantFrom('max', 'min'),
      fc.boolean(),
      anyDtype,
      fc.constantFrom<Values>('lattice', 'halves', 'special', 'unit'),
    )
    .filter(([{ shape, axis }]) => shape[axis] > 0)
    .map(([{ shape, axis, seed }, kind, keep, dtype, values]) => {
      const x = given(shape, dtype, seed, dtype === 'float32' ? values : undefined);
      const left = shape.flatMap((length, a) => (a !== axis ? [length] : keep ? [1] : []));
      return call(
        `argReduce ${kind} of ${values} values along ${axis}`,
        { x, out: garbage(left, 'int32') },
        ['out'],
        (backend, { x, out }) => backend.argReduce(kind, x, out, axis),
      );
    });

/** Cumulative sums of floats and of integers that overflow. */
const cumsum: Calls = (size) =>
  fc
    .tuple(axes(size), fc.boolean(), fc.constantFrom('float32', 'int32'))
    .map(([{ shape, axis, seed }, reverse, dtype]) =>
      call(
        `cumsum along ${axis}${reverse ? ' from the end' : ''}`,
        { x: given(shape, dtype, seed, dtype === 'int32' ? 'whole' : 'unit'), out: garbage(shape, dtype) },
        ['out'],
        (backend, { x, out }) => backend.cumsum(x, out, axis, reverse),
        { rtol: 2e-5, atol: 2e-5 },
      ),
    );

/** Primitives along one axis. */
export const scanCalls: Readonly<Record<string, Calls>> = { argReduce, cumsum };
