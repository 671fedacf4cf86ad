import fc from 'fast-check';
import { type Formula, formula } from '../../../src/formula/formula.js';
import { broadcastsTo, seeds, shapes, type Values } from '../../helpers/arbitraries.js';
import { type Calls, call, garbage, given, type Host } from './call.js';

/** Expressions over tensors, a scalar and constants that keep numbers exact, with at most 2^depth names each. */
function expressions(depth: number, names: readonly string[], constants: readonly string[], unary: readonly string[]) {
  const leaf = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom(...constants) },
  );
  let inner: fc.Arbitrary<string> = leaf;
  for (let level = 0; level < depth; level++) {
    const part = inner;
    const two = (join: (op: string, a: string, b: string) => string, ops: readonly string[]) =>
      fc.tuple(fc.constantFrom(...ops), part, part).map(([op, a, b]) => join(op, a, b));
    inner = fc.oneof(
      two((op, a, b) => `(${a} ${op} ${b})`, ['+', '-', '*']),
      two((op, a, b) => `${op}(${a}, ${b})`, ['min', 'max']),
      two((op, a, b) => `(${a} ${op} ${b})`, ['<', '<=', '>', '>=', '==', '!=', '&&', '||']),
      fc.tuple(fc.constantFrom(...unary), part).map(([op, a]) => `${op}(${a})`),
      fc
        .tuple(leaf, fc.constantFrom('<', '==', '>='), leaf, part, part)
        .map(([a, op, b, c, d]) => `(${a} ${op} ${b} ? ${c} : ${d})`),
      leaf,
    );
  }
  return inner;
}

const names = ['a', 'b', 'c', 's'];
const floats = expressions(3, names, ['0.5', '1', '2', '3'], ['-', '!', 'abs', 'floor', 'ceil', 'round']);
const integers = expressions(3, [...names, 't'], ['0', '1', '2', '3', '5'], ['-', '!', 'abs']);
const locals = expressions(2, ['a', 'b'], ['c'], ['-', '!', 'abs']);

/** A formula that declares the names in its text. */
function declared(text: string, outputs: readonly string[]): Formula {
  const used = new Set(text.match(/\b[abcs]\b/g));
  const scalars = used.delete('s') ? ['s'] : [];
  return formula(text, { tensors: [...outputs, ...used], scalars });
}

function randomCalls(
  texts: fc.Arbitrary<readonly [string, readonly string[]]>,
  dtype: 'float32' | 'int32',
  kind: Values,
  s: number,
): Calls {
  return (size) =>
    shapes({ maxSize: size }).chain((full) =>
      fc
        .record({
          text: texts,
          seed: seeds,
          inputs: fc.tuple(broadcastsTo(full), broadcastsTo(full), broadcastsTo(full)),
        })
        .map(({ text: [text, outputs], seed, inputs }) => {
          const f = declared(text, outputs);
          const tensors: Record<string, Host> = {};
          for (const name of outputs) tensors[name] = garbage(full, dtype);
          for (const name of f.inputs)
            tensors[name] = given(inputs['abc'.indexOf(name)], dtype, seed + name.charCodeAt(0), kind);
          const exact = { rtol: 0, atol: 0 };
          return call(
            `map ${text}, s = ${s}`,
            tensors,
            outputs,
            (backend, operands) => backend.map(f, operands, { s }),
            exact,
          );
        }),
    );
}

/** Random formulas; every value is exact in float32, so results are too. */
export const mapRandomCalls: Readonly<Record<string, Calls>> = {
  'map: any float formula': randomCalls(
    floats.map((e) => [`y = ${e}`, ['y']] as const),
    'float32',
    'halves',
    -1.5,
  ),
  'map: any integer formula': randomCalls(
    fc
      .tuple(locals, integers, integers)
      .map(([t, y, z]) => [`const t = ${t}\n y = ${y}\n z = ${z}`, ['y', 'z']] as const),
    'int32',
    'whole',
    7,
  ),
};
