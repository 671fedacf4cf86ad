import fc from 'fast-check';
import type { Dtype } from '../../../src/dtype.js';
import { type Formula, formula } from '../../../src/formula/formula.js';
import { unaryFunctions } from '../../../src/formula/nodes.js';
import { anyDtype, broadcastsTo, seeds, shapes, type Values } from '../../helpers/arbitraries.js';
import { type Call, type Calls, call, garbage, given, type Host } from './call.js';

/** A shape and the shapes of `count` inputs that broadcast to it. */
function broadcast(size: number, count: number): fc.Arbitrary<{ full: number[]; inputs: number[][]; seed: number }> {
  return shapes({ maxSize: size }).chain((full) =>
    fc.record({
      full: fc.constant(full),
      inputs: fc.array(broadcastsTo(full), { minLength: count, maxLength: count }),
      seed: seeds,
    }),
  );
}

function mapCall(
  name: string,
  f: Formula,
  tensors: Record<string, Host>,
  scalars: Record<string, number> = {},
  tolerance?: { rtol: number; atol: number },
): Call {
  return call(name, tensors, f.outputs, (backend, operands) => backend.map(f, operands, scalars), tolerance);
}

const arithmetic = formula('y = (a - b) * c + s / (1 + a * a)', { tensors: ['y', 'a', 'b', 'c'], scalars: ['s'] });

/** Inputs that broadcast in every way to the shape of the output. */
const broadcasting: Calls = (size) =>
  broadcast(size, 3).map(({ full, inputs, seed }) => {
    const [a, b, c] = inputs.map((shape, i) => given(shape, 'float32', seed + i, 'unit'));
    return mapCall('map broadcasting', arithmetic, { y: garbage(full), a, b, c }, { s: 0.75 });
  });

const momentum = formula('pos = b * pos + (1 - b) * g\n theta = theta - step * ((1 + k) * pos - k * neg)', {
  tensors: ['pos', 'theta', 'g', 'neg'],
  scalars: ['b', 'step', 'k'],
});

/** Outputs that are also inputs, as in an optimizer's update. */
const inPlace: Calls = (size) =>
  broadcast(size, 2).map(({ full, inputs: [g, neg], seed }) =>
    mapCall(
      'map in place',
      momentum,
      {
        pos: given(full, 'float32', seed, 'unit'),
        theta: given(full, 'float32', seed + 1, 'unit'),
        g: given(g, 'float32', seed + 2, 'unit'),
        neg: given(neg, 'float32', seed + 3, 'unit'),
      },
      { b: 0.81, step: 0.1, k: 1 },
    ),
  );

const several = formula('const d = a - b\n u = a + b\n v = d * d\n w = a > b ? a : 2 * b\n m = a < b && a != 0', {
  tensors: ['u', 'v', 'w', 'm', 'a', 'b'],
});

/** Several outputs of different dtypes. */
const outputs: Calls = (size) =>
  fc
    .tuple(broadcast(size, 2), fc.array(anyDtype, { minLength: 2, maxLength: 2 }))
    .map(([{ full, inputs, seed }, types]) =>
      mapCall('map with several outputs', several, {
        u: garbage(full, types[0]),
        v: garbage(full),
        w: garbage(full, types[1]),
        m: garbage(full, 'bool'),
        a: given(inputs[0], 'float32', seed),
        b: given(inputs[1], 'float32', seed + 1),
      }),
    );

const same = formula('y = x', { tensors: ['y', 'x'] });
const fromNumbers: Values[] = ['lattice', 'special', 'small', 'whole'];

/**
 * Every conversion between dtypes. int32 numbers that float32 cannot represent stay exact only if nothing is float.
 */
const conversions: Calls = (size) =>
  fc
    .tuple(shapes({ maxSize: size }), anyDtype, anyDtype, fc.constantFrom(...fromNumbers), seeds)
    .map(([shape, from, to, kind, seed]) => {
      const values = from === 'float32' ? (kind === 'whole' ? 'special' : kind) : undefined;
      const x = given(shape, from, seed, from === 'int32' && kind === 'whole' ? 'whole' : values);
      return mapCall(`map from ${from} to ${to}`, same, { y: garbage(shape, to), x }, {}, { rtol: 1e-7, atol: 0 });
    });

/** Numbers in the domain of a function; for discontinuous ones, numbers whose products with a scalar are exact. */
const functionInputs: Readonly<Partial<Record<string, Values>>> = {
  log: 'positive',
  sqrt: 'positive',
  log1p: 'positive',
  floor: 'lattice',
  ceil: 'lattice',
  round: 'lattice',
};
const functions = unaryFunctions.map((name) => ({
  name,
  f: formula(name === 'neg' ? 'y = -s * x' : `y = ${name}(s * x)`, { tensors: ['y', 'x'], scalars: ['s'] }),
}));

/** Each function of one number on ordinary numbers of several magnitudes. */
const unary: Calls = (size) =>
  fc
    .tuple(shapes({ maxSize: size }), fc.constantFrom(...functions), fc.constantFrom(0.01, 0.5, 1, 4, 17), seeds)
    .map(([shape, { name, f }, s, seed]) => {
      const x = given(shape, 'float32', seed, functionInputs[name] ?? 'unit');
      // s * x is rounded before a periodic function is applied
      const atol = name === 'sin' || name === 'cos' ? 2e-6 : 1.2e-7;
      return mapCall(
        `map ${name} of ${s} * x`,
        f,
        { y: garbage(shape), x },
        { s: Math.fround(s) },
        { rtol: 3e-6, atol },
      );
    });

/** Each function of one number on NaN, infinities, zeros, huge and tiny numbers. */
const special: Calls = (size) =>
  fc.tuple(shapes({ maxSize: size }), fc.constantFrom(...functions), seeds).map(([shape, { name, f }, seed]) => {
    // 1e38 modulo 2 pi is meaningless in single precision
    const kind = name === 'sin' || name === 'cos' ? 'lattice' : 'special';
    const x = given(shape, 'float32', seed, kind);
    return mapCall(`map ${name} of ${kind} values`, f, { y: garbage(shape), x }, { s: 1 }, { rtol: 5e-6, atol: 1e-37 });
  });

const binaries = ['a + b', 'a - b', 'a * b', 'a / b', 'min(a, b)', 'max(a, b)', 'a ** 2', 'b ** 0.5'];
const comparisons = [
  'a == b',
  'a != b',
  'a < b',
  'a <= b',
  'a > b',
  'a >= b',
  'a > 0 || b > 0',
  'a && !b',
  'a ? b : 1 - b',
];
/** Minima and maxima of two tensors, or of one and 0, written as choices in several ways, which differ for NaN. */
const choices = ['a < b ? a : b', 'a < b ? b : a', 'a > b ? a : b', 'a > b ? b : a', 'a < b ? a : 0', '0 > a ? 0 : a'];
const binaryFormulas = [...binaries, ...comparisons, ...choices].map(ofNames);
const powers = ofNames('pow(a, b)');
const floats: Values[] = ['lattice', 'halves', 'positive', 'special'];

/** y = text, declaring the tensors among a, b and x and the scalar k that the text names. */
function ofNames(text: string): Formula {
  const names = new Set(text.match(/\b[abkx]\b/g));
  const scalars = names.delete('k') ? ['k'] : [];
  return formula(`y = ${text}`, { tensors: ['y', ...names], scalars });
}

/** The tensors among a, b and x that a formula reads. */
function only(f: Formula, operands: Readonly<Record<string, Host>>): Record<string, Host> {
  return Object.fromEntries(f.inputs.map((name) => [name, operands[name]]));
}

/** Each operator and function of two numbers, including special values. */
const binary: Calls = (size) =>
  fc
    .tuple(broadcast(size, 2), fc.constantFrom(...binaryFormulas), fc.constantFrom(...floats))
    .map(([{ full, inputs, seed }, f, kind]) => {
      const [a, b] = inputs.map((shape, i) => given(shape, 'float32', seed + i, kind));
      const tensors = { y: garbage(full), ...only(f, { a, b }) };
      return mapCall(`map ${f.text} of ${kind} values`, f, tensors, {}, { rtol: 3e-7, atol: 1e-37 });
    });

/** Powers of positive numbers, and of negative numbers and zeros with integer and fractional exponents. */
const power: Calls = (size) =>
  fc.tuple(broadcast(size, 2), fc.constantFrom<Values>('positive', 'halves')).map(([{ full, inputs, seed }, kind]) => {
    const [a, b] = inputs.map((shape, i) => given(shape, 'float32', seed + i, kind));
    return mapCall(`map pow of ${kind} values`, powers, { y: garbage(full), a, b }, {}, { rtol: 5e-6, atol: 1e-37 });
  });

const whole = [
  'a + b',
  'a - b * k',
  'a * b',
  '-a',
  'abs(a - b)',
  'min(a, b) + max(a, k)',
  'a < b ? a : b',
  'a == b || a > k',
  '!(a && b)',
  '(a - 3) * (a != b) + k',
].map(ofNames);
const wholeDtype: fc.Arbitrary<Dtype> = fc.constantFrom('int32', 'int32', 'uint8', 'bool');

/** Integer arithmetic: exact, and wrapping at 32 bits. */
const integers: Calls = (size) =>
  fc
    .tuple(
      broadcast(size, 2),
      fc.constantFrom(...whole),
      wholeDtype,
      wholeDtype,
      anyDtype,
      fc.constantFrom(0, 3, -70000),
    )
    .map(([{ full, inputs, seed }, f, left, right, to, k]) => {
      const a = given(inputs[0], left, seed, left === 'int32' ? 'whole' : undefined);
      const b = given(inputs[1], right, seed + 1, right === 'int32' ? 'whole' : undefined);
      const tensors = { y: garbage(full, to), ...only(f, { a, b }) };
      return mapCall(`map ${f.text} of integers, k = ${k}`, f, tensors, { k }, { rtol: 1e-7, atol: 0 });
    });

const mixtures = ['a / b', 'floor(a * 0.5)', 'sqrt(a * a) - b', 'a * x - b', 'x > a ? x : b', 'a + 0.25'].map(ofNames);

/** Integers mixed with floats, or in operations with fractional results, which are computed in floats. */
const mixed: Calls = (size) =>
  fc
    .tuple(broadcast(size, 3), fc.constantFrom(...mixtures), wholeDtype, wholeDtype)
    .map(([{ full, inputs, seed }, f, left, right]) => {
      const a = given(inputs[0], left, seed);
      const b = given(inputs[1], right, seed + 1);
      const x = given(inputs[2], 'float32', seed + 2);
      return mapCall(`map ${f.text} of mixed dtypes`, f, { y: garbage(full), ...only(f, { a, b, x }) });
    });

const decisions = [
  'k > 0 ? a : b',
  'k > 0 ? a * k : k < -1 ? b + 3 : a - b',
  '(k > 0 ? a : b) * (k < -1 ? b : 2)',
  'k == 3 ? (a > b ? a : k) : 7 * a',
  'k > 0 ? k : a * b',
].map(ofNames);

/**
 * Branches that a scalar selects for all elements. The other branch still determines whether arithmetic is in integers.
 */
const decided: Calls = (size) =>
  fc
    .tuple(
      broadcast(size, 2),
      fc.constantFrom(...decisions),
      anyDtype,
      anyDtype,
      anyDtype,
      fc.constantFrom(3, -1, -2.5),
    )
    .map(([{ full, inputs, seed }, f, left, right, to, k]) => {
      const tensors = only(f, { a: given(inputs[0], left, seed), b: given(inputs[1], right, seed + 1) });
      return mapCall(`map ${f.text}, k = ${k}`, f, { y: garbage(full, to), ...tensors }, { k });
    });

const constant = formula('y = s * 2 + 1', { tensors: ['y'], scalars: ['s'] });

/** Formulas that read no tensor: every element is one number, converted. */
const constants: Calls = (size) =>
  fc
    .tuple(shapes({ maxSize: size }), anyDtype, fc.constantFrom(0, -0.5, 0.7, 3.3, -40, 1e10))
    .map(([shape, dtype, s]) =>
      mapCall(`map constant ${s}`, constant, { y: garbage(shape, dtype) }, { s }, { rtol: 1e-7, atol: 0 }),
    );

/** Element-wise formulas. */
export const mapCalls: Readonly<Record<string, Calls>> = {
  'map: broadcasting': broadcasting,
  'map: in place': inPlace,
  'map: several outputs': outputs,
  'map: conversions': conversions,
  'map: functions': unary,
  'map: functions of special values': special,
  'map: operators': binary,
  'map: powers': power,
  'map: integers': integers,
  'map: mixed dtypes': mixed,
  'map: choices by a scalar': decided,
  'map: constants': constants,
};
