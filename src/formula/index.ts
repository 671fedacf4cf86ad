import { expected, FormulaError, textOf } from '../errors.js';
import { type Formula, type FormulaNames, formula as unparsed } from './formula.js';

export type { Formula, FormulaNames } from './formula.js';

/** Those tensors of T that the lines of a text assign, as far as the compiler can determine. */
export type AssignedIn<Text extends string, T extends string> = string extends Text
  ? string
  : Text extends `${infer Line}\n${infer Rest}`
    ? AssignedIn<Line, T> | AssignedIn<Rest, T>
    : Text extends ` ${infer Rest}` | `\t${infer Rest}`
      ? AssignedIn<Rest, T>
      : Text extends `const ${string}`
        ? never
        : Text extends `${infer Name} = ${string}`
          ? Extract<Name, T>
          : never;

/**
 * Compiles an element-wise or reducing formula from text: lines of JavaScript assignments over named tensors and
 * scalars. Assignments to other names need `const`. The language has numbers, `+ - * / **`, relations, `&& || !`, `?:`,
 * comments, the functions abs, sqrt, exp, log, sin, cos, tanh, sigmoid, erf, floor, ceil, round, expm1 and log1p of one
 * number, and pow, min and max of two. If every assignment is a call of sum, prod, max or min with one argument, the
 * formula is a reduction.
 * @param names the tensors and scalars that the formula reads and assigns; each name must occur in it
 * @throws FormulaError for syntax errors, unknown names or functions, and declared names that are not used; the message
 * points at the place
 * @example
 * const step = formula(
 *   `const u = b * m + (1 - b) * g
 *    m = u
 *    y = u > 0 ? u : slope * u`,
 *   { tensors: ['m', 'g', 'y'], scalars: ['b', 'slope'] },
 * );
 */
export function formula<const T extends string, const S extends string = never, const Text extends string = string>(
  text: Text,
  names: FormulaNames<T, S>,
): Formula<T, S, AssignedIn<Text, T>> {
  checkNames(text, names);
  const checked = unparsed(text, names);
  checked.parse();
  return checked as Formula<T, S, AssignedIn<Text, T>>;
}

function checkNames(text: unknown, names: unknown): void {
  if (typeof text !== 'string') throw new FormulaError(expected('formula', 'a text', textOf(text)));
  const given = Object.entries(typeof names === 'object' && names !== null ? names : {});
  const isList = (value: unknown) => Array.isArray(value) && value.every((name) => typeof name === 'string');
  const odd = given.find(([name, value]) => !(['tensors', 'scalars'].includes(name) && isList(value)));
  if (odd || !given.some(([name]) => name === 'tensors')) {
    const got = odd ? `${odd[0]}: ${textOf(odd[1])}` : textOf(names);
    throw new FormulaError(expected('formula', "{ tensors: ['x', ...], scalars: [...] }", got));
  }
}
