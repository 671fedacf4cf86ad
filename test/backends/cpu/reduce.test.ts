import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../../src/backends/cpu/backend.js';
import { compileReduce, planReduce } from '../../../src/backends/cpu/formula/reduce.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { obstacle } from '../../../src/backends/cpu/wide/compile.js';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { type Formula, formula } from '../../../src/formula/formula.js';
import type { Operand } from '../../../src/tensor/backend.js';
import { product } from '../../helpers/arbitraries.js';
import { joinedFunctions } from '../../helpers/joined-functions.js';
import { agree, type Call, call, garbage, given, results } from '../calls/call.js';

const engine = new CpuRuntime({ threads: 1, mostPages: 4096, simdWidth: 256 });
const backend = new CpuBackend(engine);
afterAll(() => engine.resize(1));

const parse = (text: string) => formula(text, { tensors: [...new Set(text.match(/\b[a-z]\b/g))] });

const formulas = {
  sum: parse('y = sum(x)'),
  product: parse('y = prod(1 + x * x * 0.001)'),
  largest: parse('y = max(x)'),
  smallest: parse('y = min(x * m)'),
  'inner product': parse('y = sum(a * b)'),
  'shifted sums': parse('const shifted = x - m; s = sum(shifted); q = sum(shifted * shifted)'),
  'normalisation backwards': parse('s = sum(a); q = sum(a * (x - m))'),
  exponentials: parse('y = sum(exp(x - m))'),
  'sum and largest': parse('s = sum(x); q = max(tanh(x) - m)'),
  three: parse('s = sum(x); q = max(x); y = prod(x * m > 0 ? 1.0009765625 : 0.9990234375)'),
};

/** A shape and its reduced form, which may be split, or have its intermediate results in memory. */
const shape: fc.Arbitrary<{ full: number[]; kept: number[] }> = fc
  .array(
    fc.record({
      length: fc.oneof(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 150 }),
        fc.constantFrom(16, 64, 1024, 1600),
      ),
      isReduced: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((axes) => {
    let [size, full] = [1, [] as number[]];
    for (const { length } of axes) {
      full.push(Math.max(1, Math.min(length, Math.floor(150_000 / size))));
      size *= full[full.length - 1];
    }
    return { full, kept: full.map((length, axis) => (axes[axis].isReduced ? 1 : length)) };
  });

/** A call of a reduction whose operand m has the shape of the results. */
function reduceCall(f: Formula, full: readonly number[], kept: readonly number[], isSpecial: boolean): Call {
  const inputs = f.inputs.map((name, i) => {
    const x = given(name === 'm' ? kept : full, 'float32', 17 + i, 'lattice');
    const odd = new Map([4, -4, 3].map((value, k) => [value, [Number.NaN, -Infinity, -0][k]]));
    const values = isSpecial ? Float64Array.from(x.values, (value) => odd.get(value) ?? value) : x.values;
    return [name, { ...x, values }] as const;
  });
  const outputs = f.outputs.map((name) => [name, garbage(kept)] as const);
  const tensors = Object.fromEntries([...inputs, ...outputs]);
  const run: Call['run'] = (some, operands) => some.reduce(f, operands, {});
  return call(f.text, tensors, f.outputs, run, { rtol: 2e-5, atol: 2e-5 });
}

const anyFormula = fc.constantFrom(...Object.values(formulas));

describe('reductions', () => {
  it('have the same bits in vectors of both widths, with any number of threads', async () => {
    const bitsOf = async (c: Call, width: 128 | 256, threads: number) => {
      engine.simdWidth = width;
      engine.resize(threads);
      const after = await results(backend, c);
      // the sign of a NaN is up to the engine, which compiles a kernel again once it has run often
      const known = (value: number) => (Number.isNaN(value) ? Number.NaN : value);
      return c.outputs.map((name) => new Uint32Array(Float32Array.from(after[name], known).buffer));
    };
    await fc.assert(
      fc.asyncProperty(anyFormula, shape, fc.boolean(), async (f, { full, kept }, isSpecial) => {
        const c = reduceCall(f, full, kept, isSpecial);
        const bits = await bitsOf(c, 128, 1);
        expect(await bitsOf(c, 256, 1)).toEqual(bits);
        expect(await bitsOf(c, 256, 3)).toEqual(bits);
        expect(await bitsOf(c, 128, 2)).toEqual(bits);
      }),
      { numRuns: 60 },
    );
  });

  it('agree with reference where they are split or have intermediate results in memory', async () => {
    engine.simdWidth = 256;
    engine.resize(2);
    const reference = new ReferenceBackend();
    await fc.assert(
      fc.asyncProperty(anyFormula, fc.noBias(shape), fc.boolean(), (f, { full, kept }, isSpecial) =>
        agree(backend, reference, reduceCall(f, full, kept, isSpecial)),
      ),
      { numRuns: 60 },
    );
  });

  it('to the largest and smallest tell zeros of different signs apart and keep infinities', async () => {
    const rows = [
      [-0, 0, -0, -0, -0],
      [-0, -0, -0, -0, -0],
      [0, 0, 0, 0, 0],
      [Infinity, -1, -Infinity, 3, 1e-45],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    ];
    for (const [axis, values] of [
      [1, rows.flat()],
      [0, rows[0].flatMap((_, column) => rows.map((row) => row[column]))],
    ] as const) {
      for (const [f, wanted] of [
        [formulas.largest, [0, -0, 0, Infinity, -Infinity]],
        [parse('y = min(x)'), [-0, -0, 0, -Infinity, -Infinity]],
      ] as const) {
        const x = { shape: [5, 5], dtype: 'float32', values } as const;
        const y = garbage(axis === 1 ? [5, 1] : [1, 5]);
        const c = call(f.text, { x, y }, ['y'], (some, operands) => some.reduce(f, operands, {}));
        expect(Array.from((await results(backend, c)).y)).toEqual(wanted);
      }
    }
  });
});

/** Shapes for which reductions differ in the loops that add to their sums. */
const loops = {
  'short rows': [
    [100, 64],
    [100, 1],
  ],
  'long rows': [
    [100, 3000],
    [100, 1],
  ],
  'rows of planes': [
    [32, 100, 64],
    [1, 100, 1],
  ],
  'few rows of columns': [
    [40, 256],
    [1, 256],
  ],
  'many rows of columns': [
    [400, 256],
    [1, 256],
  ],
};

if (obstacle() === null) {
  describe('V8 joins the sums', () => {
    const cases = Object.entries(formulas)
      .filter(([, { results }]) => results.length < 3)
      .flatMap(([name, f]) => Object.entries(loops).map(([of, [full, kept]]) => ({ name, of, f, full, kept })));
    const modules = cases.map(({ f, full, kept }) => {
      const operands: Record<string, Operand<number>> = {};
      for (const name of [...f.inputs, ...f.outputs]) {
        const shape = name === 'm' || f.outputs.includes(name) ? kept : full;
        operands[name] = { shape, dtype: 'float32', size: product(shape), handle: 0 };
      }
      const plan = planReduce(f, operands, { arithmetic: 'float', relaxed: true, wide: true }, 2);
      if (!plan) throw new Error('expected a plan');
      return compileReduce(f, operands, plan.variant, engine.functions);
    });
    const joined = joinedFunctions(modules);

    it.each(cases.map(({ name, of, f }, i) => ({ name, of, f, i })))('of $name over $of', ({ f, i }) => {
      // two pairs for each result, which a loop carries
      expect(joined[i].get(0)?.match(/ Phi\(/g)).toHaveLength(2 * f.results.length);
    });
  });
}
