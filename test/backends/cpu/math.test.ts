import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { evaluate } from '../../../src/formula/nodes.js';
import { mathModule } from '../../helpers/wasm.js';

interface Case {
  readonly name: string;
  readonly exact: (...args: number[]) => number;
  /** The largest error in units in the last place (ulp) of the exact result. */
  readonly ulps: number;
  /** Ranges to sweep, in addition to arbitrary floats. */
  readonly ranges: readonly (readonly [number, number])[];
}

const tiny = [-1e-37, 1e-37] as const;
const cases: readonly Case[] = [
  { name: 'exp4', exact: Math.exp, ulps: 1, ranges: [tiny, [-1, 1], [-105, 90], [-104, -87], [87, 89]] },
  { name: 'expm1_4', exact: Math.expm1, ulps: 1.5, ranges: [tiny, [-0.01, 0.01], [-1, 1], [-20, 90]] },
  { name: 'log4', exact: Math.log, ulps: 1, ranges: [tiny, [0, 2], [0.9, 1.1], [0, 1e30]] },
  { name: 'log1p4', exact: Math.log1p, ulps: 1, ranges: [tiny, [-0.001, 0.001], [-1, 1], [0, 1e30]] },
  { name: 'sin4', exact: Math.sin, ulps: 2, ranges: [tiny, [-1, 1], [-10, 10], [-1e4, 1e4], [-1e9, 1e9]] },
  { name: 'cos4', exact: Math.cos, ulps: 2, ranges: [tiny, [-1, 1], [-10, 10], [-1e4, 1e4], [-1e9, 1e9]] },
  { name: 'tanh4', exact: Math.tanh, ulps: 2.5, ranges: [tiny, [-0.01, 0.01], [-1, 1], [-12, 12]] },
  { name: 'sigmoid4', exact: evaluate.sigmoid, ulps: 2.5, ranges: [tiny, [-1, 1], [-20, 20], [-104, 90]] },
  { name: 'erf4', exact: evaluate.erf, ulps: 1.5, ranges: [tiny, [-0.1, 0.1], [0.8, 0.9], [-5, 5]] },
];

const special = [
  ...[0, 1, 0.5, 2, 3, 4, 10, Number.POSITIVE_INFINITY, 1e-45, 1e-40, 1.17549435e-38, 3.4e38, 1e10, 5e8, 2 ** 28],
  ...[2 ** -24, 2 ** -25, 88.72283, 88.72284, 89, 87.33655, 103.2789, 103.9721, 104, 16777215, 16777217, 0.84375],
].flatMap((x) => [x, -x]);
const specials = [...special, Number.NaN];

/** The distance between two float32 values in units in the last place of the exact one. */
function ulpsBetween(got: number, exact: number): number {
  const want = Math.fround(exact);
  if (Object.is(got, want)) return 0;
  if (!Number.isFinite(want) || !Number.isFinite(got)) return Number.POSITIVE_INFINITY;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

/** Applies an export of the kernels module to lists of numbers of equal length. */
function apply(engine: CpuRuntime, kernel: number, ...inputs: (readonly number[])[]): Float32Array {
  const tasks = Math.ceil(inputs[0].length / 4);
  const pointers = [inputs[0], ...inputs].map((values) => {
    const pointer = engine.allocate(16 * tasks);
    engine.f32.set(values, pointer / 4);
    return pointer;
  });
  engine.run(kernel, pointers, tasks);
  const out = engine.f32.slice(pointers[0] / 4, pointers[0] / 4 + inputs[0].length);
  for (const pointer of pointers) engine.free(pointer);
  return out;
}

/** The sign of zero matters: 1 / -0 is not 1 / 0. */
function expectClose(c: Case, got: ArrayLike<number>, ...inputs: ArrayLike<number>[]) {
  for (let i = 0; i < got.length; i++) {
    const args = inputs.map((values) => Math.fround(values[i]));
    const exact = c.exact(...args);
    const error = ulpsBetween(got[i], exact);
    if (error > c.ulps) expect.fail(`${c.name}(${args}): expected ${Math.fround(exact)}, got ${got[i]} (${error} ulp)`);
  }
}

describe.each([{ relaxedSimd: true }, { relaxedSimd: false }])('mathematics with %o', ({ relaxedSimd }) => {
  const engine = new CpuRuntime({ threads: 1, relaxedSimd, mostPages: 4096 });

  it.each(cases)('$name is accurate over its ranges', (c) => {
    const kernel = engine.load(mathModule(c.name, 1));
    for (const [low, high] of c.ranges) {
      // steps of an irrational fraction of the range cover it evenly without forming a grid
      const inputs = Array.from({ length: 40_000 }, (_, i) => low + (high - low) * ((i * 0.6180339887498949) % 1));
      expectClose(c, apply(engine, kernel, inputs), inputs);
    }
  });

  it.each(cases)('$name accepts every float and the special values', (c) => {
    const kernel = engine.load(mathModule(c.name, 1));
    expectClose(c, apply(engine, kernel, specials), specials);
    fc.assert(
      fc.property(fc.array(fc.float(), { minLength: 1, maxLength: 64 }), (inputs) => {
        expectClose(c, apply(engine, kernel, inputs), inputs);
      }),
      { numRuns: 300 },
    );
  });

  it('pow4 follows Math.pow, special values included', () => {
    const c: Case = { name: 'pow4', exact: Math.pow, ulps: 0.51, ranges: [] };
    const kernel = engine.load(mathModule('pow4', 2));
    const exponents = [...specials, -1.5, 2.5, 1e5, -1e5, 1 / 3];
    const pairs = specials.flatMap((a) => exponents.map((b) => [a, b]));
    const [bases, powers] = [0, 1].map((side) => pairs.map((pair) => pair[side]));
    expectClose(c, apply(engine, kernel, bases, powers), bases, powers);
    const base = fc.oneof(fc.float(), fc.float({ min: 0, max: 16 }), fc.integer({ min: -20, max: 20 }));
    const power = fc.oneof(fc.float(), fc.float({ min: -8, max: 8 }), fc.integer({ min: -20, max: 20 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(base, power), { minLength: 1, maxLength: 64 }), (list) => {
        const inputs = [list.map(([a]) => a), list.map(([, b]) => b)];
        expectClose(c, apply(engine, kernel, ...inputs), ...inputs);
      }),
      { numRuns: 500 },
    );
  });

  it.each([0.5, 0.25, 0.125])('pow4 uses square roots if all exponents are %d', (exponent) => {
    const c: Case = { name: 'pow4', exact: Math.pow, ulps: 1, ranges: [] };
    const kernel = engine.load(mathModule('pow4', 2));
    const check = (bases: readonly number[]) => {
      const powers = bases.map(() => exponent);
      expectClose(c, apply(engine, kernel, bases, powers), bases, powers);
    };
    check(specials);
    fc.assert(fc.property(fc.array(fc.float(), { minLength: 4, maxLength: 64 }), check), { numRuns: 300 });
  });
});
