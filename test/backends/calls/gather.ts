import fc from 'fast-check';
import type { Dtype } from '../../../src/dtype.js';
import { anyDtype, product, seeds, shapes, stream } from '../../helpers/arbitraries.js';
import { type Calls, call, garbage, given, type Host } from './call.js';

/** A shape, a non-empty axis of it, and how many elements to index along it (sometimes more than exist). */
interface Along {
  readonly shape: number[];
  readonly axis: number;
  readonly count: number;
  readonly seed: number;
}

function along(size: number): fc.Arbitrary<Along> {
  return shapes({ minAxes: 1, maxAxes: 4, maxSize: size })
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.nat({ max: shape.length - 1 }),
        count: fc.nat({ max: 23 }),
        seed: seeds,
      }),
    )
    .map((a) => (a.shape[a.axis] === 0 ? { ...a, count: 0 } : a));
}

/** Indices below `length`, many of them repeated. */
function indices(shape: readonly number[], length: number, seed: number): Host {
  const next = stream(seed);
  const values = Float64Array.from({ length: product(shape) }, () => Math.floor(next() * length));
  return { shape, dtype: 'int32', values };
}

function replaced(shape: readonly number[], axis: number, length: number): number[] {
  return shape.map((n, a) => (a === axis ? length : n));
}

/** The shape of an index: `count` long along the axis, and sometimes shorter than the tensor on other axes. */
function indexShape({ shape, axis, count, seed }: Along): number[] {
  const next = stream(seed + 77);
  const shorter = next() < 0.3;
  return replaced(shape, axis, count).map((n, a) => (shorter && a !== axis ? Math.ceil(n * next()) : n));
}

const anyOrFloat = fc.oneof(fc.constant<Dtype>('float32'), anyDtype);
const summable = fc.constantFrom<Dtype>('float32', 'float32', 'int32');

const gather: Calls = (size) =>
  fc.tuple(along(size), anyOrFloat).map(([a, dtype]) =>
    call(
      `gather along ${a.axis}`,
      {
        x: given(a.shape, dtype, a.seed),
        index: indices(indexShape(a), a.shape[a.axis], a.seed),
        out: garbage(indexShape(a), dtype),
      },
      ['out'],
      (backend, { x, index, out }) => backend.gather(x, index, out, a.axis),
      { rtol: 0, atol: 0 },
    ),
  );

const scatterAdd: Calls = (size) =>
  fc.tuple(along(size), summable).map(([a, dtype]) =>
    call(
      `scatterAdd along ${a.axis}`,
      {
        out: given(a.shape, dtype, a.seed),
        index: indices(indexShape(a), a.shape[a.axis], a.seed),
        src: given(indexShape(a), dtype, a.seed + 1),
      },
      ['out'],
      (backend, { out, index, src }) => backend.scatterAdd(out, index, src, a.axis),
    ),
  );

const indexSelect: Calls = (size) =>
  fc.tuple(along(size), anyOrFloat).map(([{ shape, axis, count, seed }, dtype]) =>
    call(
      `indexSelect along ${axis}`,
      {
        x: given(shape, dtype, seed),
        index: indices([count], shape[axis], seed),
        out: garbage(replaced(shape, axis, count), dtype),
      },
      ['out'],
      (backend, { x, index, out }) => backend.indexSelect(x, index, out, axis),
      { rtol: 0, atol: 0 },
    ),
  );

const indexAdd: Calls = (size) =>
  fc.tuple(along(size), summable).map(([{ shape, axis, count, seed }, dtype]) =>
    call(
      `indexAdd along ${axis}`,
      {
        out: given(shape, dtype, seed),
        index: indices([count], shape[axis], seed),
        src: given(replaced(shape, axis, count), dtype, seed + 1),
      },
      ['out'],
      (backend, { out, index, src }) => backend.indexAdd(out, index, src, axis),
    ),
  );

/** Reading elements and rows, and adding to them, by index. */
export const gatherCalls: Readonly<Record<string, Calls>> = { gather, scatterAdd, indexSelect, indexAdd };
