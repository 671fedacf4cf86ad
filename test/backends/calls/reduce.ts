import fc from 'fast-check';
import { type Formula, formula } from '../../../src/formula/formula.js';
import { anyDtype, broadcastsTo, seeds, shapes, type Values } from '../../helpers/arbitraries.js';
import { type Call, type Calls, call, garbage, given, type Host } from './call.js';

/** A shape, and the shape with some of its axes reduced to 1. */
function reduction(size: number): fc.Arbitrary<{ full: number[]; kept: number[]; seed: number }> {
  return shapes({ maxSize: size }).chain((full) =>
    fc.record({
      full: fc.constant(full),
      kept: fc
        .array(fc.boolean(), { minLength: full.length, maxLength: full.length })
        .map((reduced) => full.map((length, axis) => (reduced[axis] ? 1 : length))),
      seed: seeds,
    }),
  );
}

function reduceCall(f: Formula, tensors: Record<string, Host>, scalars: Record<string, number> = {}): Call {
  const name = `reduce ${f.text.replaceAll('\n', ';')} to (${tensors[f.outputs[0]].shape})`;
  return call(name, tensors, f.outputs, (backend, operands) => backend.reduce(f, operands, scalars), {
    rtol: 2e-5,
    atol: 2e-5,
  });
}

const reducers = ['sum', 'max', 'min', 'prod'].map((name) => formula(`y = ${name}(x)`, { tensors: ['y', 'x'] }));

/** Each reducer over any subset of the axes. */
const single: Calls = (size) =>
  fc.tuple(reduction(size), fc.constantFrom(...reducers)).map(([{ full, kept, seed }, f]) =>
    reduceCall(f, {
      y: garbage(kept),
      x: given(full, 'float32', seed, f.text.includes('prod') ? 'unit' : 'lattice'),
    }),
  );

/** NaN (which wins every maximum and minimum), infinities, and numbers that outputs cannot represent. */
const special: Calls = (size) =>
  fc.tuple(reduction(size), fc.constantFrom(...reducers.slice(0, 3)), anyDtype).map(([{ full, kept, seed }, f, to]) => {
    const x = given(full, 'float32', seed);
    const odd = new Map([
      [4, Number.NaN],
      [-4, -Infinity],
      [3, 3e9],
    ]);
    const values = Float64Array.from(x.values, (value) => odd.get(value) ?? value);
    return reduceCall(f, { y: garbage(kept, to), x: { ...x, values } });
  });

const moments = formula('const d = x - m\n s = sum(d)\n q = sum(d * d)\n top = max(k * d)', {
  tensors: ['s', 'q', 'top', 'x', 'm'],
  scalars: ['k'],
});

/** Several results in one pass, as in normalisation. */
const several: Calls = (size) =>
  reduction(size).map(({ full, kept, seed }) =>
    reduceCall(
      moments,
      {
        s: garbage(kept),
        q: garbage(kept),
        top: garbage(kept),
        x: given(full, 'float32', seed),
        m: given(kept, 'float32', seed + 1),
      },
      { k: -2 },
    ),
  );

const dot = formula('y = sum(a * b)', { tensors: ['y', 'a', 'b'] });

/** Inputs that broadcast against each other. */
const broadcasting: Calls = (size) =>
  reduction(size)
    .chain(({ full, kept, seed }) =>
      fc.tuple(fc.constant({ full, kept, seed }), broadcastsTo(full), broadcastsTo(full)),
    )
    .map(([{ full, kept, seed }, a, b]) => {
      const widest = full.map((length, axis) => {
        const has = (shape: number[]) => (shape[axis - full.length + shape.length] ?? 1) === length;
        return has(a) || has(b) ? length : 1;
      });
      // both inputs may have lost their leading axes
      const lead = full.length - Math.max(a.length, b.length);
      const out = widest.map((length, axis) => (kept[axis] === 1 ? 1 : length)).slice(lead);
      return reduceCall(dot, {
        y: garbage(out),
        a: given(a, 'float32', seed),
        b: given(b, 'float32', seed + 1),
      });
    });

const counting = ['sum(a)', 'sum(a * b)', 'sum(a == b)', 'max(a - b)', 'min(a)', 'prod(a)', 'sum(a * 0.5)'].map(
  (text) => formula(`y = ${text}`, { tensors: text.includes('b') ? ['y', 'a', 'b'] : ['y', 'a'] }),
);

/** Integer reductions: exact, and wrapping at 32 bits. */
const integers: Calls = (size) =>
  fc
    .tuple(reduction(size), fc.constantFrom(...counting), anyDtype, anyDtype, fc.constantFrom<Values>('small', 'whole'))
    .map(([{ full, kept, seed }, f, type, to, kind]) => {
      const dtype = type === 'float32' ? 'int32' : type;
      const values = dtype === 'int32' ? (f.text.includes('0.5') ? 'small' : kind) : undefined;
      const tensors: Record<string, Host> = { y: garbage(kept, to), a: given(full, dtype, seed, values) };
      if (f.inputs.includes('b')) tensors.b = given(full, dtype, seed + 1, values);
      return reduceCall(f, tensors);
    });

/** Reducing formulas. */
export const reduceCalls: Readonly<Record<string, Calls>> = {
  'reduce: one result': single,
  'reduce: special values': special,
  'reduce: several results': several,
  'reduce: broadcasting': broadcasting,
  'reduce: integers': integers,
};
